import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  ConfigurationError,
  InMemoryTenantStore,
  TenantDataSource,
  TenantModule,
  TenantSchemaDataSource,
  TenantShared,
} from '@parallax/tenant';
import { Column, DataSource, type DataSourceOptions, Entity, PrimaryColumn } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { Note } from '../../support/note.entity.js';

@Entity()
@TenantShared()
class Country {
  @PrimaryColumn('text')
  code!: string;
}

@Entity()
@TenantShared({ own: true })
class Template {
  @PrimaryColumn('uuid')
  id!: string;

  @Column({ name: 'tenant_id', type: 'uuid', nullable: true, update: false })
  tenantId!: string | null;
}

@Entity()
class Unmarked {
  @PrimaryColumn('text')
  id!: string;
}

@Entity()
class AlsoUnmarked {
  @PrimaryColumn('text')
  id!: string;
}

describe('the wiring of data sources', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false });
  });
  afterAll(() => database.drop());

  /** Boots an application with one data source, and says what it refuses. */
  const boot = async (
    entities: DataSourceOptions['entities'],
    factory?: (options: DataSourceOptions) => DataSource,
  ): Promise<Error | undefined> => {
    const app = await Test.createTestingModule({
      imports: [
        TenantModule.forRoot({ store: new InMemoryTenantStore() }),
        TypeOrmModule.forRootAsync({
          useFactory: () => ({
            type: 'postgres' as const,
            url: database.urls.tenant,
            entities,
            installExtensions: false,
          }),
          ...(factory && { dataSourceFactory: (options) => Promise.resolve(factory(options!)) }),
        }),
      ],
    }).compile();
    try {
      await app.init();
      return undefined;
    } catch (error) {
      return error as Error;
    } finally {
      await app.close();
    }
  };

  it("does not start with a tenant's entities on a plain DataSource, and says how to wire it", async () => {
    const refusal = await boot([Note, Country, Template, Unmarked]);
    expect(refusal).toBeInstanceOf(ConfigurationError);
    expect(refusal?.message).toBe(
      'Note, Template would be read unfiltered through a plain DataSource. Wire it with ' +
        '`dataSourceFactory: async (options) => new TenantDataSource(options)` in TypeOrmModule.forRootAsync.',
    );
  });

  it('starts with them on a TenantDataSource or a TenantSchemaDataSource', async () => {
    expect(await boot([Note, Country, Template], (options) => new TenantDataSource(options))).toBeUndefined();
    expect(await boot([Note, Country], (options) => new TenantSchemaDataSource(options))).toBeUndefined();
  });

  it('has nothing against a plain DataSource that holds none of them', async () => {
    expect(await boot([Country, Unmarked])).toBeUndefined();
  });

  it('looks at data sources that are ordinary providers, too', async () => {
    @Module({
      providers: [
        {
          provide: 'A_DATA_SOURCE',
          useFactory: () =>
            new DataSource({
              type: 'postgres',
              url: database.urls.tenant,
              entities: [Note],
              installExtensions: false,
            }).initialize(),
        },
      ],
    })
    class ByHandModule {}
    const app = await Test.createTestingModule({
      imports: [TenantModule.forRoot({ store: new InMemoryTenantStore() }), ByHandModule],
    }).compile();
    await expect(app.init()).rejects.toThrow('Note would be read unfiltered');
    await app.get<DataSource>('A_DATA_SOURCE', { strict: false }).destroy();
    await app.close();
  });

  it('does not hand out repositories of entities that do not say whose their rows are', () => {
    expect(() => TenantModule.forFeature([Note, Unmarked])).toThrow(
      'TenantModule.forFeature: Unmarked is neither @TenantScoped() nor @TenantShared().',
    );
    expect(() => TenantModule.forFeature([Unmarked, AlsoUnmarked])).toThrow(
      'Unmarked, AlsoUnmarked are neither',
    );
    expect(() => TenantModule.forFeature([Note, Country, Template])).not.toThrow();
  });
});
