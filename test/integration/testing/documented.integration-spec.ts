import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Body,
  Controller,
  Delete,
  Get,
  type INestApplication,
  Injectable,
  NotFoundException,
  Param,
  Patch,
  Post,
} from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { getTenantContext, PlatformOnly } from '@parallax/tenant';
import {
  actingAs,
  createTestTenant,
  expectNoLeak,
  TenantTestingModule,
  testPrincipal,
} from '@parallax/tenant/testing';

@Injectable()
class GreetingService {
  greet(): string {
    const { tenantSlug, plan } = getTenantContext();
    return `Hello ${tenantSlug}, on ${plan}`;
  }
}

@Injectable()
class NotesService {
  #notes: { readonly id: string; readonly tenantId: string; title: string }[] = [];

  create(title: string): object {
    const note = { id: `note-${Math.random()}`, tenantId: getTenantContext().tenantId, title };
    this.#notes.push(note);
    return { id: note.id, title };
  }

  list(): readonly { readonly id: string; title: string }[] {
    const { tenantId } = getTenantContext();
    return this.#notes.filter((note) => note.tenantId === tenantId);
  }

  get(id: string): { readonly id: string; title: string } {
    const note = this.list().find((each) => each.id === id);
    if (!note) throw new NotFoundException();
    return note;
  }

  remove(id: string): void {
    const note = this.get(id);
    this.#notes = this.#notes.filter((each) => each !== note);
  }
}

@Controller()
class NotesController {
  constructor(private readonly notes: NotesService) {}

  @Get('notes')
  list(): unknown {
    return this.notes.list();
  }

  @Get('notes/:id')
  get(@Param('id') id: string): unknown {
    return this.notes.get(id);
  }

  @Post('notes')
  create(@Body() { title }: { title: string }): unknown {
    return this.notes.create(title);
  }

  @Patch('notes/:id')
  update(@Param('id') id: string, @Body() { title }: { title: string }): unknown {
    return Object.assign(this.notes.get(id), { title });
  }

  @Delete('notes/:id')
  remove(@Param('id') id: string): void {
    this.notes.remove(id);
  }

  @Get('greeting')
  greeting(): string {
    return 'hello';
  }
}

@Controller('platform')
class PlatformController {
  @Get()
  @PlatformOnly('tenants:read')
  platform(): string {
    return 'platform';
  }
}

describe('docs/testing.md', () => {
  let app: INestApplication;
  let notes: NotesService;

  const get = async (url: string, headers: Record<string, string>): Promise<number> =>
    (await (app as NestFastifyApplication).inject({ url, headers })).statusCode;

  const start = async (...more: (typeof PlatformController)[]): Promise<void> => {
    const module = await Test.createTestingModule({
      imports: [TenantTestingModule.forRoot()],
      controllers: [NotesController, ...more],
      providers: [NotesService],
    }).compile();
    app = module.createNestApplication(new FastifyAdapter(), { logger: false });
    await app.init();
    notes = app.get(NotesService);
  };
  afterEach(() => app.close());

  it('tests a service', async () => {
    await start();
    const module = await Test.createTestingModule({
      imports: [TenantTestingModule.forRoot()],
      providers: [GreetingService],
    }).compile();
    const acme = await createTestTenant(module, { plan: 'professional' });

    const greeting = await acme.run(() => module.get(GreetingService).greet());
    expect(greeting).toBe(`Hello ${acme.tenant.slug}, on professional`);
  });

  it('tests a controller', async () => {
    await start(PlatformController);
    const acme = await createTestTenant(app);
    const other = await createTestTenant(app);
    const ada = actingAs(testPrincipal(acme.tenant, { roles: ['admin'] }));
    expect(await get('/greeting', ada)).toBe(200);

    const stranger = actingAs(testPrincipal(other.tenant));
    expect(await get('/greeting', { ...stranger, 'x-tenant-id': acme.tenant.id })).toBe(404);

    const operator = actingAs(testPrincipal([], { kind: 'operator', permissions: ['tenants:read'] }));
    expect(await get('/platform', operator)).toBe(200);
  });

  it('tests rows', async () => {
    await start();
    const acme = await createTestTenant(app);
    const other = await createTestTenant(app);

    await acme.run(() => notes.create('of acme'));
    await other.run(() => notes.create('of the other'));

    expect(await acme.run(() => notes.list())).toHaveLength(1);
  });

  it('tests a whole application', async () => {
    await start();
    await expectNoLeak(app, {
      asTenant: (tenant) => actingAs(testPrincipal(tenant)),
      samples: {
        'POST /notes': ({ canary }) => ({ body: { title: canary } }),
        'PATCH /notes/:id': ({ canary }) => ({ body: { title: canary } }),
      },
      exclude: { 'GET /greeting': 'says the same to everybody' },
    });
  });

  it('shows no code that is not run here', () => {
    const squeezed = (text: string): string => text.replace(/\s+/g, ' ').trim();
    const here = squeezed(readFileSync(__filename, 'utf8'));
    const page = readFileSync(join(__dirname, '../../../docs/testing.md'), 'utf8');
    const shown = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => squeezed(code!));
    expect(shown).toHaveLength(4);
    expect(shown.filter((code) => !here.includes(code))).toEqual([]);
  });
});
