import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import multipart, { type MultipartFile } from '@fastify/multipart';
import {
  type ArgumentsHost,
  Body,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  Injectable,
  Post,
  Req,
  UploadedFile,
  UseFilters,
  UseInterceptors,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { FileInterceptor } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { getTenantContext, type Tenant } from '@parallax/tenant';
import { type Adapter, ADAPTERS, credential, FixtureApp, memberOf } from '../../support/fixture-app.js';
import { NotesFixture, NotesService, titleOf } from './notes-module.js';

@Catch()
@Injectable()
class TenantTellingFilter implements ExceptionFilter {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly notes: NotesService,
  ) {}

  async catch(_error: unknown, host: ArgumentsHost): Promise<void> {
    const { tenantSlug } = getTenantContext();
    const answer = { tenantSlug, first: await this.notes.titleAt(0) };
    this.adapterHost.httpAdapter.reply(host.switchToHttp().getResponse(), answer, 418);
  }
}

@Controller()
class BodiesController {
  constructor(protected readonly notes: NotesService) {}

  @Get('first')
  async first(): Promise<object> {
    return { first: await this.notes.titleAt(0) };
  }

  @Post('body')
  async body(@Body('text') sent: string): Promise<object> {
    return { sent, first: await this.notes.titleAt(0) };
  }

  @UseFilters(TenantTellingFilter)
  @Post('fault')
  fault(@Body('text') sent: string): never {
    throw new Error(sent);
  }
}

@Controller()
class ExpressUploads {
  constructor(private readonly notes: NotesService) {}

  @UseInterceptors(FileInterceptor('file'))
  @Post('upload')
  async upload(@UploadedFile() file: { readonly size: number }): Promise<object> {
    return { size: file.size, first: await this.notes.titleAt(0) };
  }
}

@Controller()
class FastifyUploads {
  constructor(private readonly notes: NotesService) {}

  @Post('upload')
  async upload(@Req() sent: { file(): Promise<MultipartFile> }): Promise<object> {
    const { file } = await sent.file();
    let size = 0;
    let first: string | undefined;
    for await (const chunk of file) {
      size += (chunk as Buffer).length;
      first = await this.notes.titleAt(0);
    }
    return { size, first };
  }
}

const UPLOADS = { express: ExpressUploads, fastify: FastifyUploads };

/** Fastify takes no multipart bodies by itself; Express leaves them to the interceptor. */
function takeMultipart(adapter: Adapter, app: FixtureApp['app']): void {
  // Not waited for: that would make Fastify ready before NestJS has set it up.
  if (adapter === 'fastify') void (app as NestFastifyApplication).register(multipart);
}

describe.each(ADAPTERS)('a body on %s', (adapter) => {
  let fixture: NotesFixture;
  let app: FixtureApp;
  let a: Tenant;
  let b: Tenant;

  beforeAll(async () => {
    fixture = await NotesFixture.create();
    app = await FixtureApp.start({
      adapter,
      imports: [fixture.module],
      controllers: [BodiesController, UPLOADS[adapter]],
      configure: (starting) => takeMultipart(adapter, starting),
    });
    [a, b] = [await fixture.tenant(app.app, 'Alpha'), await fixture.tenant(app.app, 'Beta')];
  });
  afterAll(async () => {
    await app.close();
    await fixture.drop();
  });

  const json = { 'content-type': 'application/json' };

  it('that is uploaded as a file leaves the handler in its tenant, several at once', async () => {
    const upload = async (tenant: Tenant, size: number): Promise<unknown> => {
      const form = new FormData();
      form.set('file', new Blob(['x'.repeat(size)]), 'file.txt');
      const headers = credential(memberOf(tenant));
      const answer = await fetch(`${app.url}/upload`, { method: 'POST', headers, body: form });
      return await answer.json();
    };
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, at) => upload(at % 2 === 0 ? a : b, 200_000 + at)),
    );
    expect(answers).toEqual(
      answers.map((_, at) => ({ size: 200_000 + at, first: titleOf(at % 2 === 0 ? a : b, 0) })),
    );
  });

  it('that is uploaded by nobody is not taken', async () => {
    const form = new FormData();
    form.set('file', new Blob(['x']), 'file.txt');
    expect((await fetch(`${app.url}/upload`, { method: 'POST', body: form })).status).toBe(401);
  });

  it('that comes late and in chunks leaves the handler in its tenant', async () => {
    const send = (tenant: Tenant) =>
      app.send('/body', memberOf(tenant), json, ['{"te', 'xt":"', 'late', '"}']);
    const answers = await Promise.all([a, b, a, b].map(send));
    expect(answers.map((answer) => answer.json())).toEqual(
      [a, b, a, b].map((tenant) => ({ sent: 'late', first: titleOf(tenant, 0) })),
    );
  });

  it('that ends in an error leaves the exception filter in its tenant', async () => {
    const answers = await Promise.all(
      [a, b, a, b].map((tenant) => app.send('/fault', memberOf(tenant), json, ['{"text":', '"late"}'])),
    );
    expect(answers.map((answer) => [answer.status, answer.json()])).toEqual(
      [a, b, a, b].map((tenant) => [418, { tenantSlug: tenant.slug, first: titleOf(tenant, 0) }]),
    );
  });

  it('of one tenant after the other on one kept connection is each its own', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const sockets = new Set<unknown>();
    const ask = (tenant: Tenant): Promise<string> =>
      new Promise((resolve, reject) => {
        const headers = credential(memberOf(tenant));
        const asked = request(`${app.url}/first`, { agent, headers }, (response) => {
          sockets.add(response.socket.localPort);
          text(response).then(resolve, reject);
        });
        asked.on('error', reject).end();
      });
    const turns = Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? a : b));
    const answers = await Promise.all(turns.map(ask));
    agent.destroy();
    expect(sockets.size).toBe(1);
    expect(answers).toEqual(turns.map((tenant) => JSON.stringify({ first: titleOf(tenant, 0) })));
  });
});
