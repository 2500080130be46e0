import { once } from 'node:events';
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Body, Controller, Get, Injectable, Post } from '@nestjs/common';
import { getRepositoryToken, InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { TenantDataSource, TenantModule, TenantOptional } from '@parallax/tenant';
import { createTestTenant } from '@parallax/tenant/testing';
import type { Repository } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { ADAPTERS, FixtureApp, memberOf } from '../../support/fixture-app.js';
import { Note } from '../../support/note.entity.js';
import { createNotes } from '../../support/notes.js';

const afterwards = new EventEmitter<{ read: [titles: string[]] }>();

@Injectable()
class NotesService {
  constructor(@InjectRepository(Note) readonly notes: Repository<Note>) {}

  async create(title: string): Promise<void> {
    await this.notes.save({ title });
  }

  async titles(): Promise<string[]> {
    return (await this.notes.find({ order: { title: 'ASC' } })).map(({ title }) => title);
  }
}

const served = new Set<unknown>();

@Controller('notes')
class NotesController {
  constructor(private readonly notes: NotesService) {}

  @Get()
  list(): Promise<string[]> {
    served.add(this.notes).add(this.notes.notes);
    return this.notes.titles();
  }

  @Post()
  create(@Body('title') title: string): Promise<void> {
    return this.notes.create(title);
  }

  @TenantOptional()
  @Get('careless')
  careless(): Promise<string[]> {
    return this.notes.titles();
  }

  @Get('later')
  later(): object {
    void sleep(20).then(async () => afterwards.emit('read', await this.notes.titles()));
    return {};
  }
}

describe.each(ADAPTERS)('an application with tenants of its own on %s', (adapter) => {
  let database: TestDatabase;
  let app: FixtureApp;

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false });
    await createNotes(database);
    app = await FixtureApp.start({
      adapter,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({
            type: 'postgres' as const,
            url: database.urls.tenant,
            entities: [Note],
            extra: { max: 1 },
          }),
          dataSourceFactory: (options) => Promise.resolve(new TenantDataSource(options)),
        }),
        TenantModule.forFeature([Note]),
      ],
      controllers: [NotesController],
      providers: [NotesService],
    });
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  it('shows each tenant its own rows: the example of createTestTenant()', async () => {
    const acme = await createTestTenant(app.app);
    const other = await createTestTenant(app.app);
    const notes = app.app.get(NotesService);

    await acme.run(() => notes.create('of acme'));
    await other.run(() => notes.create('of the other'));

    expect(await acme.run(() => notes.titles())).toEqual(['of acme']);
    expect(await other.run(() => notes.titles())).toEqual(['of the other']);
  });

  it('does so over HTTP, with many requests at once on one connection', async () => {
    const tenants = await Promise.all(['One', 'Two', 'Three', 'Four'].map((name) => app.createTenant(name)));
    await Promise.all(
      tenants.map(async (tenant) => {
        const body = JSON.stringify({ title: `note of ${tenant.slug}` });
        const headers = { 'content-type': 'application/json' };
        expect((await app.send('/notes', memberOf(tenant), headers, [body])).status).toBe(201);
      }),
    );
    const answers = await Promise.all(
      Array.from({ length: 100 }, async (_, at) => {
        const tenant = tenants[at % tenants.length]!;
        const titles = (await app.get('/notes', memberOf(tenant))).json() as string[];
        return titles.length === 1 && titles[0] === `note of ${tenant.slug}`;
      }),
    );
    expect(new Set(answers)).toEqual(new Set([true]));
  });

  it('serves every request with the same service and the same repository', async () => {
    served.clear();
    const [one, two] = [await app.createTenant('Served one'), await app.createTenant('Served two')];
    for (const tenant of [one, two, one]) await app.get('/notes', memberOf(tenant));
    expect(served).toEqual(new Set([app.app.get(NotesService), app.app.get(getRepositoryToken(Note))]));
  });

  it('reads nothing without a tenant', async () => {
    const answer = await app.get('/notes/careless', null);
    expect([answer.status, answer.json().code]).toEqual([500, 'TENANT_SCOPE_MISSING']);
    await expect(app.app.get(NotesService).titles()).rejects.toMatchObject({ code: 'TENANT_SCOPE_MISSING' });
    const tenant = await app.createTenant('Careful');
    expect((await app.get('/notes/careless', memberOf(tenant))).json()).toEqual([]);
  });

  it('keeps work that outlives the response in its tenant, while others use the connection', async () => {
    const { tenant, run } = await createTestTenant(app.app);
    const other = await createTestTenant(app.app);
    await run(() => app.app.get(NotesService).create('of the slow one'));
    const read = once(afterwards, 'read');
    await app.get('/notes/later', memberOf(tenant));
    await Promise.all(Array.from({ length: 20 }, () => app.get('/notes', memberOf(other.tenant))));
    expect(await read).toEqual([['of the slow one']]);
  });
});
