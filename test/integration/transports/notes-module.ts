import type { DynamicModule, INestApplicationContext, Type } from '@nestjs/common';
import { Injectable, Module } from '@nestjs/common';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { type Tenant, TenantDataSource, TenantModule, TenantService } from '@parallax/tenant';
import type { Repository } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { Note } from '../../support/note.entity.js';
import { createNotes } from '../../support/notes.js';

export const NOTES_PER_TENANT = 40;

/** What every transport reads through: an ordinary service on an ordinary repository, one for the process. */
@Injectable()
export class NotesService {
  constructor(@InjectRepository(Note) private readonly notes: Repository<Note>) {}

  async titles(): Promise<string[]> {
    return (await this.notes.find({ order: { title: 'ASC' } })).map(({ title }) => title);
  }

  /** One note, by its place in the list; undefined after the last. */
  async titleAt(place: number): Promise<string | undefined> {
    const [note] = await this.notes.find({ order: { title: 'ASC' }, skip: place, take: 1 });
    return note?.title;
  }

  async create(title: string): Promise<void> {
    await this.notes.save({ title });
  }
}

@Module({ providers: [NotesService], exports: [NotesService] })
class NotesModule {}

/** The database and the service of a suite; every application of the suite imports `module`. */
export class NotesFixture {
  private constructor(readonly database: TestDatabase) {}

  static async create(): Promise<NotesFixture> {
    const database = await createTestDatabase({ migrated: false });
    await createNotes(database);
    return new NotesFixture(database);
  }

  get module(): DynamicModule {
    return {
      module: NotesModule as Type,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({
            type: 'postgres' as const,
            url: this.database.urls.tenant,
            entities: [Note],
            extra: { max: 3 },
          }),
          dataSourceFactory: (options) => Promise.resolve(new TenantDataSource(options)),
        }),
        TenantModule.forFeature([Note]),
      ],
    };
  }

  /** A tenant with notes that say whose they are, written as the superuser, whom no net binds. */
  async tenant(app: INestApplicationContext, name: string): Promise<Tenant> {
    const tenant = await app.get(TenantService, { strict: false }).createTenant(name);
    await this.database.query(
      `INSERT INTO note (tenant_id, title)
       SELECT $1, $2 || lpad(place::text, 2, '0') FROM generate_series(0, $3::int - 1) AS place`,
      [tenant.id, `of ${tenant.slug} `, NOTES_PER_TENANT],
    );
    return tenant;
  }

  drop(): Promise<void> {
    return this.database.drop();
  }
}

export function titlesOf(tenant: Tenant): string[] {
  return Array.from({ length: NOTES_PER_TENANT }, (_, place) => titleOf(tenant, place));
}

export function titleOf({ slug }: Tenant, place: number): string {
  return `of ${slug} ${String(place).padStart(2, '0')}`;
}
