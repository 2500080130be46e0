import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get, Res, StreamableFile } from '@nestjs/common';
import type { Tenant } from '@parallax/tenant';
import { ADAPTERS, FixtureApp, memberOf } from '../../support/fixture-app.js';
import { LosingModule, MixingModule } from '../../support/losing-modules.js';
import { NotesFixture, NotesService, titleOf, titlesOf } from './notes-module.js';
import { pipelined, requestHead } from './pipelined.js';

/** So much more than a title that two lines fill what Node holds back for a client that cannot be sent to yet. */
const PADDING = '.'.repeat(8 * 1024);

/** So much that forty lines do not fit into what the kernel takes for a client that does not read. */
const MUCH_PADDING = '.'.repeat(256 * 1024);

/** Every way to answer with rows that are read while the client takes them. */
@Controller()
class StreamsController {
  padding = PADDING;

  constructor(private readonly notes: NotesService) {}

  @Get('file')
  file(): StreamableFile {
    return new StreamableFile(this.readable(), { type: 'text/plain' });
  }

  @Get('readable')
  readableItself(): Readable {
    return this.readable();
  }

  @Get('generator-file')
  generatorFile(): StreamableFile {
    return new StreamableFile(Readable.from(this.lines()), { type: 'text/plain' });
  }

  @Get('generator')
  generator(): AsyncGenerator<string> {
    return this.lines();
  }

  @Get('web-stream')
  webStream(): ReadableStream<Uint8Array> {
    const lines = this.lines();
    return new ReadableStream({
      pull: async (controller) => {
        const { done, value } = await lines.next();
        if (done) controller.close();
        else controller.enqueue(Buffer.from(value));
      },
    });
  }

  @Get('web-response')
  webResponse(): Response {
    return new Response(this.webStream());
  }

  @Get('piped')
  piped(@Res() response: ServerResponse & { raw?: ServerResponse }): void {
    this.readable().pipe(response.raw ?? response);
  }

  @Get('slow')
  async slow(): Promise<object> {
    await sleep(80);
    return { first: await this.notes.titleAt(0) };
  }

  private readable(): Readable {
    let place = 0;
    const { notes, padding } = this;
    return new Readable({
      read() {
        notes.titleAt(place++).then(
          (title) => this.push(title === undefined ? null : `${title} ${padding}\n`),
          (error: unknown) => this.destroy(error as Error),
        );
      },
    });
  }

  private async *lines(): AsyncGenerator<string> {
    for (let place = 0; ; place += 1) {
      const title = await this.notes.titleAt(place);
      if (title === undefined) return;
      yield `${title} ${this.padding}\n`;
    }
  }
}

const ANSWERED = ['file', 'readable', 'generator-file', 'generator', 'web-stream', 'web-response'];
const STREAMS = [...ANSWERED, 'piped'];
const titlesIn = (text: string): string[] => text.match(/of (alpha|beta) \d\d/g) ?? [];

describe.each(ADAPTERS)('a response that reads row by row on %s', (adapter) => {
  let fixture: NotesFixture;

  beforeAll(async () => {
    fixture = await NotesFixture.create();
  });
  afterAll(() => fixture.drop());

  const controllers = [StreamsController];

  describe('with nothing in its way', () => {
    let app: FixtureApp;
    let a: Tenant;
    let b: Tenant;

    beforeAll(async () => {
      app = await FixtureApp.start({ adapter, imports: [fixture.module], controllers });
      [a, b] = [await fixture.tenant(app.app, 'Alpha'), await fixture.tenant(app.app, 'Beta')];
    });
    afterAll(() => app.close());

    it.each(STREAMS)(
      "reads its own tenant's rows behind another tenant's on one socket: %s",
      async (path) => {
        const answer = await pipelined(app.url, [
          { path: '/slow', as: memberOf(a) },
          { path: `/${path}`, as: memberOf(b) },
        ]);
        expect(titlesIn(answer)).toEqual([titleOf(a, 0), ...titlesOf(b)]);
      },
    );

    it.each(STREAMS)('reads them for a client that does not take them at first: %s', async (path) => {
      app.app.get(StreamsController).padding = MUCH_PADDING;
      const takeLate = async (tenant: Tenant): Promise<string[]> => {
        const { hostname, port } = new URL(app.url);
        const socket = connect(Number(port), hostname);
        socket.write(requestHead({ path: `/${path}`, as: memberOf(tenant) }, 'close'));
        await sleep(100);
        let text = '';
        for await (const chunk of socket.setEncoding('utf8')) text += (chunk as string).replace(/\.+/g, '');
        return titlesIn(text);
      };
      const [ofA, ofB] = await Promise.all([takeLate(a), takeLate(b)]);
      expect(ofA).toEqual(titlesOf(a));
      expect(ofB).toEqual(titlesOf(b));
    });
  });

  describe('after a middleware that loses the scope', () => {
    let app: FixtureApp;
    let a: Tenant;

    beforeAll(async () => {
      app = await FixtureApp.start({ adapter, imports: [LosingModule, fixture.module], controllers });
      a = await fixture.tenant(app.app, 'Alpha');
    });
    afterAll(() => app.close());

    it.each(STREAMS)('is still read in its tenant: %s', async (path) => {
      expect(titlesIn((await app.get(`/${path}`, memberOf(a))).text)).toEqual(titlesOf(a));
    });
  });

  describe('after a middleware that lets requests go on in the scope of another', () => {
    let app: FixtureApp;
    let a: Tenant;
    let b: Tenant;

    beforeAll(async () => {
      app = await FixtureApp.start({ adapter, imports: [MixingModule, fixture.module], controllers });
      [a, b] = [await fixture.tenant(app.app, 'Alpha'), await fixture.tenant(app.app, 'Beta')];
    });
    afterAll(() => app.close());

    it.each(STREAMS)('is refused rather than read in the wrong one: %s', async (path) => {
      const answers = await Promise.all([a, b].map((tenant) => app.get(`/${path}`, memberOf(tenant))));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 500]);
      expect(app.errors.at(-1)).toMatchObject({ code: 'TENANT_SCOPE_MISMATCH' });
      const [ofA, ofB] = answers.map(({ text }) => titlesIn(text));
      expect([titlesOf(a), []]).toContainEqual(ofA);
      expect([titlesOf(b), []]).toContainEqual(ofB);
    });
  });
});
