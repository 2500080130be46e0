import { randomBytes } from 'node:crypto';
import {
  applyPolicies,
  createSignedScope,
  dropSignedScope,
  enableRowLevelSecurity,
  planPolicies,
  setScopeKeys,
  TenantSchemaDataSource,
  TenantScoped,
} from '@parallax/tenant';
import { Column, type DataSource, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

@Entity('part', { schema: 'stock' })
@TenantScoped()
class Part {
  @PrimaryGeneratedColumn('uuid') id!: string;
  @Column({ name: 'tenant_id', type: 'uuid', update: false }) tenantId!: string;
}

async function enableSecond(dataSource: DataSource): Promise<void> {
  const queryRunner = dataSource.createQueryRunner();
  try {
    await queryRunner.startTransaction();
    await queryRunner.query('CREATE TABLE second (tenant_id uuid NOT NULL)');
    await enableRowLevelSecurity(queryRunner, 'second');
  } finally {
    await queryRunner.rollbackTransaction();
    await queryRunner.release();
  }
}

describe('tenancy policies, with a signed scope in another schema', () => {
  let database: TestDatabase;
  let dataSource: TenantSchemaDataSource;

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false });
    dataSource = new TenantSchemaDataSource({
      type: 'postgres',
      url: database.urls.migration,
      entities: [Part],
      installExtensions: false,
    });
    await dataSource.initialize();
    await database.query(`CREATE SCHEMA stock AUTHORIZATION ${database.roles.owner}`);
    await dataSource.query('CREATE TABLE stock.part (tenant_id uuid, id uuid, PRIMARY KEY (tenant_id, id))');
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  it('takes no proof from policies when its function is where names do not lead', async () => {
    const queryRunner = dataSource.createQueryRunner();
    const url = new URL(database.urls.migration);
    const elsewhere = async <Result>(path: string, work: (at: TenantSchemaDataSource) => Promise<Result>) => {
      url.searchParams.set('options', `-c search_path=${path}`);
      const at = new TenantSchemaDataSource({
        type: 'postgres',
        url: url.href,
        entities: [Part],
        installExtensions: false,
      });
      await at.initialize();
      try {
        return await work(at);
      } finally {
        await at.destroy();
      }
    };
    const changes = (at: TenantSchemaDataSource) => applyPolicies(at).then((plan) => plan.changes);
    try {
      await createSignedScope(queryRunner);
      await setScopeKeys(queryRunner, [randomBytes(32)]);
      await applyPolicies(dataSource);
      await expect(elsewhere('stock', changes)).rejects.toThrow(
        /signed by public\.tenant_scope\(\).*Put the schema "public" on the search_path/,
      );
      await expect(elsewhere('stock', enableSecond)).rejects.toThrow(/signed by public/);
      // Of another role's function by that name, ahead of the owner's.
      await database.query(
        `CREATE FUNCTION stock.tenant_scope() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'`,
      );
      await expect(elsewhere('stock,public', changes)).rejects.toThrow(/signed by public/);
      await database.query('DROP FUNCTION stock.tenant_scope()');
      expect(await elsewhere('stock,public', changes)).toEqual([]);
      expect((await planPolicies(dataSource)).changes).toEqual([]);
    } finally {
      await queryRunner.manager.transaction(() => dropSignedScope(queryRunner));
      await queryRunner.release();
    }
  });
});
