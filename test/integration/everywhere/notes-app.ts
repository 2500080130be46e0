import { Controller, Get, Param } from '@nestjs/common';
import { getDataSourceToken, InjectDataSource, InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { type Tenant, TenantDataSource, TenantModule, type TenantPool } from '@parallax/tenant';
import type { DataSource, Repository } from 'typeorm';
import { type FixtureAnswer, FixtureApp, memberOf } from '../../support/fixture-app.js';
import { Note } from '../../support/note.entity.js';
import type { OpenPlace } from './place.js';

@Controller('notes')
class NotesController {
  constructor(
    @InjectRepository(Note) private readonly notes: Repository<Note>,
    @InjectDataSource() private readonly dataSource: DataSource,
  ) {}

  @Get()
  async titles(): Promise<string[]> {
    return (await this.notes.find({ order: { title: 'ASC' } })).map(({ title }) => title);
  }

  /** Reads, waits in the database, and reads again, in one transaction. */
  @Get('slowly/:ms')
  slowly(@Param('ms') ms: string): Promise<string[]> {
    return this.dataSource.transaction(async (manager) => {
      const before = await manager.find(Note);
      await manager.query('SELECT pg_sleep($1)', [Number(ms) / 1_000]);
      const after = await manager.find(Note);
      return [...before, ...after].map(({ title }) => title);
    });
  }

  /** Asks for a second connection while it holds one. */
  @Get('twice')
  twice(): Promise<number> {
    return this.dataSource.transaction(async (manager) => {
      await manager.find(Note);
      return await this.notes.count();
    });
  }
}

/** An ordinary application of two tenants, who have a note each. Nothing of it maps errors. */
export class NotesApp {
  private constructor(
    readonly fixture: FixtureApp,
    readonly tenants: readonly [Tenant, Tenant],
  ) {}

  static async start({ url, admin }: OpenPlace, pool: Record<string, unknown> = {}): Promise<NotesApp> {
    const fixture = await FixtureApp.start({
      controllers: [NotesController],
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({
            type: 'postgres' as const,
            url,
            entities: [Note],
            retryAttempts: 0,
            extra: { max: 3, ...pool },
          }),
          dataSourceFactory: (options) => Promise.resolve(new TenantDataSource(options)),
        }),
        TenantModule.forFeature([Note]),
      ],
    });
    const tenants: [Tenant, Tenant] = [
      await fixture.createTenant('Alpha'),
      await fixture.createTenant('Beta'),
    ];
    for (const tenant of tenants) {
      await admin('INSERT INTO note (tenant_id, title) VALUES ($1, $2)', [tenant.id, titleOf(tenant)]);
    }
    return new NotesApp(fixture, tenants);
  }

  get pool(): TenantPool {
    const { driver } = this.fixture.app.get<DataSource>(getDataSourceToken());
    return (driver as unknown as { master: TenantPool }).master;
  }

  get(tenant: Tenant, path = ''): Promise<FixtureAnswer> {
    return this.fixture.get(`/notes${path}`, memberOf(tenant));
  }

  /** What each tenant reads is its own note. */
  async expectOwnNotes(): Promise<void> {
    for (const tenant of this.tenants) {
      const answer = await this.get(tenant);
      expect([answer.status, answer.json()]).toEqual([200, [titleOf(tenant)]]);
    }
  }
}

export function titleOf({ name }: Tenant): string {
  return `CANARY of ${name}`;
}
