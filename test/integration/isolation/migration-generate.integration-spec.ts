import { readFileSync } from 'node:fs';
import { TenantEntity, TenantSchemaDataSource, TenantScoped, TenantShared } from '@parallax/tenant';
import { Column, Entity, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { CONTROL_ENTITIES } from '../../../src/database/data-sources.js';
import { MIGRATIONS_TABLE } from '../../../src/database/migrator.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { CreateLibrary1764000000001 } from './library.example.js';

abstract class Own {
  @PrimaryGeneratedColumn('uuid') id!: string;
  @Column({ name: 'tenant_id', type: 'uuid', update: false }) tenantId!: string;
}

@Entity('shelf')
@TenantScoped()
class Shelf extends Own {}

@Entity('item')
@TenantScoped()
class Item extends Own {
  @ManyToOne(() => Shelf, { nullable: true })
  @JoinColumn({ name: 'shelf_id' })
  shelf!: Shelf | null;
}

@Entity('label')
@TenantShared({ own: true })
class Label {
  @PrimaryGeneratedColumn('uuid') id!: string;
  @Column({ name: 'tenant_id', type: 'uuid', update: false, nullable: true }) tenantId!: string | null;
}

@Entity('unit')
@TenantShared()
class Unit {
  @PrimaryGeneratedColumn('uuid') id!: string;
}

@Entity('tenants')
class GrownTenant extends TenantEntity {
  @Column('text', { nullable: true }) region!: string | null;
}

describe('migration:generate', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  async function withEntities<T>(
    entities: (new () => object)[],
    work: (dataSource: TenantSchemaDataSource) => Promise<T>,
  ): Promise<T> {
    const dataSource = new TenantSchemaDataSource({
      type: 'postgres',
      url: database.urls.migration,
      entities,
      migrationsTableName: MIGRATIONS_TABLE,
      installExtensions: false,
    });
    await dataSource.initialize();
    try {
      return await work(dataSource);
    } finally {
      await dataSource.destroy();
    }
  }

  const planned = async (dataSource: TenantSchemaDataSource): Promise<string[]> =>
    (await dataSource.driver.createSchemaBuilder().log()).upQueries.map(({ query }) => query);

  it('plans nothing on the reference database', async () => {
    expect(await withEntities(CONTROL_ENTITIES, planned)).toEqual([]);
  });

  it('plans a new column, and nothing else', async () => {
    const entities = CONTROL_ENTITIES.map((entity) => (entity === TenantEntity ? GrownTenant : entity));
    expect(await withEntities(entities, planned)).toEqual(['ALTER TABLE "tenants" ADD "region" text']);
  });

  it('plans nothing for composite keys, mixed and shared tables that a migration wrote by hand', async () => {
    const plan = await withEntities([Shelf, Item, Label, Unit], async (dataSource) => {
      const queryRunner = dataSource.createQueryRunner();
      const library = new CreateLibrary1764000000001();
      await library.up(queryRunner);
      await library.down(queryRunner);
      await library.up(queryRunner);
      await queryRunner.release();
      return planned(dataSource);
    });
    expect(plan).toEqual([]);
  });

  it('is told of in docs/migrations.md with the migration that is tried here', () => {
    const code = readFileSync('test/integration/isolation/library.example.ts', 'utf8');
    expect(readFileSync('docs/migrations.md', 'utf8')).toContain(`\`\`\`ts\n${code}\`\`\``);
  });

  it('plans to replace a foreign key whose relation changed', async () => {
    const plan = await withEntities([Shelf, Item, Label, Unit], async (dataSource) => {
      const [declared] = dataSource.getMetadata(Item).foreignKeys;
      declared!.onDelete = 'CASCADE';
      return planned(dataSource);
    });
    expect(plan).toEqual([
      'ALTER TABLE "item" DROP CONSTRAINT "item_tenant_id_shelf_id_fkey"',
      expect.stringMatching(/^ALTER TABLE "item" ADD CONSTRAINT "FK_.* ON DELETE CASCADE/),
    ]);
  });

  it('plans to drop what a removed relation left, if TypeORM had named it', async () => {
    const entities = [Shelf, Item, Label, Unit];
    const plan = await withEntities(entities, async (dataSource) => {
      const { foreignKeys } = dataSource.getMetadata(Item);
      const [generated] = foreignKeys;
      await dataSource.query(
        `ALTER TABLE item RENAME CONSTRAINT item_tenant_id_shelf_id_fkey TO "${generated!.name}"`,
      );
      foreignKeys.length = 0;
      return planned(dataSource);
    });
    expect(plan).toEqual([expect.stringMatching(/^ALTER TABLE "item" DROP CONSTRAINT "FK_/)]);
  });
});
