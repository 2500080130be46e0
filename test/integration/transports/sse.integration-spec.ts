import { get, type IncomingMessage } from 'node:http';
import { Controller, Post, Sse } from '@nestjs/common';
import { bindTenantScope, type Principal, type Tenant } from '@parallax/tenant';
import { concatMap, finalize, map, mergeMap, type Observable, range, Subject } from 'rxjs';
import { eventually } from '../../support/eventually.js';
import { ADAPTERS, credential, FixtureApp, memberOf } from '../../support/fixture-app.js';
import { NotesFixture, NotesService, titleOf, titlesOf } from './notes-module.js';

@Controller()
class EventsController {
  /** One for the process: every request feeds it, whichever tenant's. */
  readonly changes = new Subject<void>();
  /** The first note of each tenant whose client left, as its cleaning up read it. */
  readonly left: (string | undefined)[] = [];

  constructor(private readonly notes: NotesService) {}

  @Sse('rows')
  rows(): Observable<{ data: string }> {
    return range(0, 40).pipe(
      concatMap((place) => this.notes.titleAt(place)),
      map((title) => ({ data: title ?? 'none' })),
    );
  }

  @Post('change')
  change(): object {
    this.changes.next();
    return {};
  }

  @Post('fail')
  fail(): object {
    this.changes.error(new Error('secret of who failed'));
    return {};
  }

  @Sse('careless')
  careless(): Observable<{ data: string }> {
    return this.changes.pipe(
      mergeMap(() => this.notes.titles()),
      map((titles) => ({ data: titles[0] ?? 'none' })),
    );
  }

  @Sse('bound')
  bound(): Observable<{ data: string }> {
    return this.changes.pipe(
      bindTenantScope(),
      mergeMap(() => this.notes.titles()),
      map((titles) => ({ data: titles[0] ?? 'none' })),
      finalize(() => void this.notes.titleAt(0).then((title) => this.left.push(title))),
    );
  }
}

/** A client of server-sent events that keeps what it was told. */
class EventClient {
  text = '';
  ended = false;

  private constructor(private readonly response: IncomingMessage) {
    const end = (): void => void (this.ended = true);
    response.setEncoding('utf8').on('data', (chunk: string) => (this.text += chunk));
    response.on('end', end).on('error', end).on('close', end);
  }

  static open(url: string, as: Principal): Promise<EventClient> {
    return new Promise((resolve, reject) => {
      const request = get(url, { headers: credential(as), agent: false }, (response) => {
        resolve(new EventClient(response));
      });
      request.on('error', reject);
    });
  }

  get data(): string[] {
    return this.text.match(/(?<=^data: ).*/gm) ?? [];
  }

  close(): void {
    this.response.destroy();
  }
}

describe.each(ADAPTERS)('server-sent events on %s', (adapter) => {
  let fixture: NotesFixture;
  let app: FixtureApp;
  let a: Tenant;
  let b: Tenant;
  let logged: unknown[];

  beforeAll(async () => {
    fixture = await NotesFixture.create();
  });
  afterAll(() => fixture.drop());
  beforeEach(async () => {
    app = await FixtureApp.start({ adapter, imports: [fixture.module], controllers: [EventsController] });
    const suffix = Math.random().toString(36).slice(2, 6);
    [a, b] = [
      await fixture.tenant(app.app, `Alpha ${suffix}`),
      await fixture.tenant(app.app, `Beta ${suffix}`),
    ];
    logged = [];
    const note = (message: unknown): void => void logged.push(message);
    app.app.useLogger({ log: () => undefined, warn: () => undefined, error: note });
  });

  afterEach(() => app.close());

  const listen = (path: string, tenant: Tenant) => EventClient.open(app.url + path, memberOf(tenant));
  const post = (path: string, tenant: Tenant) =>
    fetch(app.url + path, { method: 'POST', headers: credential(memberOf(tenant)) });

  it('each read the rows of their own tenant, many at once', async () => {
    const clients = await Promise.all([a, b, a, b, a, b].map((tenant) => listen('/rows', tenant)));
    await eventually('all have ended', () => clients.every(({ ended }) => ended));
    clients.forEach(({ data }, at) => expect(data).toEqual(titlesOf(at % 2 === 0 ? a : b)));
  });

  it('refuse what a Subject brought along from a request of another tenant, and say so', async () => {
    const client = await listen('/careless', a);
    await post('/change', a);
    await eventually('its own change is told', () => client.data.length === 1);
    await post('/change', b);
    await eventually('it is ended', () => client.ended);
    expect(client.data[0]).toBe(titleOf(a, 0));
    expect(client.text).not.toContain(b.slug);
    expect(logged).toContainEqual(expect.stringContaining('produced in the scope of another tenant'));
  });

  it('refuse an error, too, that was raised in the scope of another tenant', async () => {
    const client = await listen('/careless', a);
    await post('/fail', b);
    await eventually('it is ended', () => client.ended);
    expect(client.text).not.toContain('secret');
    expect(logged).toContainEqual(expect.stringContaining('produced in the scope of another tenant'));
  });

  it('read their own rows behind bindTenantScope(), whoever feeds the Subject', async () => {
    const [ofA, ofB] = [await listen('/bound', a), await listen('/bound', b)];
    for (const tenant of [b, a, b, b]) await post('/change', tenant);
    await eventually('both were told', () => ofA.data.length === 4 && ofB.data.length === 4);
    expect(new Set(ofA.data)).toEqual(new Set([titleOf(a, 0)]));
    expect(new Set(ofB.data)).toEqual(new Set([titleOf(b, 0)]));
    ofA.close();
    ofB.close();
    await eventually('both were cleaned up', () => app.app.get(EventsController).left.length === 2);
    expect(logged).toEqual([]);
  });

  it('are cleaned up in their own tenant when the client leaves', async () => {
    const client = await listen('/bound', a);
    client.close();
    const { left } = app.app.get(EventsController);
    await eventually('it was cleaned up', () => left.length === 1);
    expect(left).toEqual([titleOf(a, 0)]);
  });
});
