import { AsyncResource } from 'node:async_hooks';
import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get, Param } from '@nestjs/common';
import type { Tenant } from '@parallax/tenant';
import { ADAPTERS, FixtureApp, memberOf } from '../../support/fixture-app.js';
import { NotesFixture, NotesService, titleOf } from './notes-module.js';

/** What read, or failed to, once the response was sent. */
const afterwards = new EventEmitter<{ done: [outcome: string | undefined] }>();

/** As a pool keeps callbacks: whoever answers them is no request. */
class CallbackPool {
  readonly #waiting: (() => void)[] = [];
  readonly #answering = setInterval(() => {
    for (const callback of this.#waiting.splice(0)) callback();
  }, 5);

  wait(callback: () => void): void {
    this.#waiting.push(callback);
  }

  close(): void {
    clearInterval(this.#answering);
  }
}

const later: Readonly<Record<string, (work: () => void) => void>> = {
  'a promise nobody waits for': (work) => void sleep(15).then(work),
  setTimeout: (work) => void setTimeout(work, 15),
  setImmediate: (work) => void setImmediate(work),
  'process.nextTick': (work) => process.nextTick(work),
  queueMicrotask: (work) => queueMicrotask(work),
  "an emitter's once, fed by a timer of the request": (work) => {
    const emitter = new EventEmitter();
    emitter.once('go', work);
    setTimeout(() => emitter.emit('go'), 15);
  },
  'an AsyncResource that someone else runs': (work) => {
    pool.wait(AsyncResource.bind(work));
  },
};

const elsewhere: Readonly<Record<string, (work: () => void) => void>> = {
  'a pool of callbacks': (work) => pool.wait(work),
  'an emitter that is fed outside': (work) => void outside.once('go', work),
};

let pool: CallbackPool;
const outside = new EventEmitter();

@Controller()
class LaterController {
  constructor(private readonly notes: NotesService) {}

  @Get('later/:how')
  later(@Param('how') how: string): object {
    const start = { ...later, ...elsewhere }[decodeURIComponent(how)]!;
    start(() => {
      this.notes.titleAt(0).then(
        (title) => afterwards.emit('done', title),
        (error: unknown) => afterwards.emit('done', (error as { code: string }).code),
      );
    });
    return {};
  }

  @Get('first')
  async first(): Promise<object> {
    return { first: await this.notes.titleAt(0) };
  }
}

describe.each(ADAPTERS)('work that outlives its response on %s', (adapter) => {
  let fixture: NotesFixture;
  let app: FixtureApp;
  let a: Tenant;
  let b: Tenant;

  beforeAll(async () => {
    pool = new CallbackPool();
    fixture = await NotesFixture.create();
    app = await FixtureApp.start({ adapter, imports: [fixture.module], controllers: [LaterController] });
    [a, b] = [await fixture.tenant(app.app, 'Alpha'), await fixture.tenant(app.app, 'Beta')];
  });
  afterAll(async () => {
    pool.close();
    await app.close();
    await fixture.drop();
  });

  const startAs = async (tenant: Tenant, how: string): Promise<unknown> => {
    const done = once(afterwards, 'done');
    expect((await app.get(`/later/${encodeURIComponent(how)}`, memberOf(tenant))).status).toBe(200);
    const other = tenant === a ? b : a;
    await Promise.all(Array.from({ length: 8 }, () => app.get('/first', memberOf(other))));
    outside.emit('go');
    return (await done)[0];
  };

  it.each(Object.keys(later))('stays in its tenant while others are served: %s', async (how) => {
    expect(await startAs(a, how)).toBe(titleOf(a, 0));
    expect(await startAs(b, how)).toBe(titleOf(b, 0));
  });

  it.each(Object.keys(elsewhere))('reads nothing where the scope is lost: %s', async (how) => {
    expect(await startAs(a, how)).toBe('TENANT_SCOPE_MISSING');
  });
});
