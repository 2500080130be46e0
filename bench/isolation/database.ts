import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DatabaseRoles, enableRowLevelSecurity, setupDatabase } from '@parallax/tenant';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { startEmbeddedPostgres } from '../../src/database/embedded/embedded-postgres.js';

/** Each has so many tenants, with so many rows each, in one table. */
export interface TableSize {
  readonly table: string;
  readonly tenants: number;
  readonly rowsEach: number;
}

export const FEW: TableSize = { table: 'few_tenants', tenants: 10, rowsEach: 10 };
export const MANY: TableSize = { table: 'many_tenants', tenants: 1_000, rowsEach: 10 };
export const VERY_MANY: TableSize = { table: 'very_many_tenants', tenants: 100_000, rowsEach: 10 };
/** With indexes for searching. */
export const SEARCHED: TableSize = { table: 'searched', tenants: 15, rowsEach: 10_000 };

export interface BenchDatabase {
  /** A server setting, as it is now. */
  setting(name: string): Promise<string>;
  /** The login of the scoped client. */
  readonly tenantUrl: string;
  /** The owner's login. */
  readonly ownerUrl: string;
  /** Exempt from row-level security: what an application without it connects as. */
  readonly stockUrl: string;
  /** Bound by the same policies, without a role to become: what applications that set the tenant by transaction use. */
  readonly transactionUrl: string;
  stop(): Promise<void>;
}

/** A durable server of its own, so that what is written waits for the disk as it would elsewhere. */
export async function startDatabase(sizes: readonly TableSize[]): Promise<BenchDatabase> {
  const dataDir = mkdtempSync(join(tmpdir(), 'parallax-bench-'));
  const server = await startEmbeddedPostgres({ dataDir });
  const setUp = await setupDatabase({ adminUrl: server.adminUrl(), database: 'bench', prefix: 'bench' });
  const admin = new pg.Client({ connectionString: server.adminUrl('bench') });
  await admin.connect();
  await admin.query('CREATE EXTENSION pg_trgm');
  for (const size of sizes) {
    await createTable(setUp.migrationUrl, size.table);
    await fill(admin, size);
  }
  if (sizes.includes(SEARCHED)) {
    await admin.query('CREATE INDEX ON searched USING gin (title gin_trgm_ops)');
    await admin.query('CREATE INDEX ON searched USING gin (body jsonb_path_ops)');
  }
  await admin.query('VACUUM ANALYZE');
  return {
    setting: async (name) => {
      const { rows } = await admin.query<{ value: string }>('SELECT current_setting($1) AS value', [name]);
      return rows[0]?.value ?? '';
    },
    tenantUrl: setUp.tenantUrl,
    ownerUrl: setUp.migrationUrl,
    stockUrl: server.adminUrl('bench'),
    transactionUrl: await createTransactionLogin(admin, server.adminUrl('bench'), setUp.roles),
    stop: async () => {
      await admin.end();
      await server.remove();
    },
  };
}

async function createTable(ownerUrl: string, table: string): Promise<void> {
  const owner = await new DataSource({ type: 'postgres', url: ownerUrl }).initialize();
  const queryRunner = owner.createQueryRunner();
  await queryRunner.query(`
    CREATE TABLE ${table} (
      tenant_id uuid NOT NULL, id uuid NOT NULL DEFAULT gen_random_uuid(),
      title text NOT NULL, body jsonb NOT NULL, PRIMARY KEY (tenant_id, id)
    )`);
  await enableRowLevelSecurity(queryRunner, table);
  await queryRunner.release();
  await owner.destroy();
}

async function fill(admin: pg.Client, { table, tenants, rowsEach }: TableSize): Promise<void> {
  await admin.query(
    `INSERT INTO ${table} (tenant_id, id, title, body)
     SELECT ${idOf('tenant')}, ${idOf('at')}, 'document ' || at || ' of ' || tenant, jsonb_build_object('number', at)
     FROM generate_series(1, $1) tenant, generate_series(1, $2) at`,
    [tenants, rowsEach],
  );
}

/** The same tenants and ids in every table, and in every run. */
const idOf = (expression: string): string =>
  `('00000000-0000-4000-8000-' || lpad(to_hex(${expression}), 12, '0'))::uuid`;

/** The id of the tenant, or of a tenant's row, with this number: they start with 1. */
export const uuidOf = (number: number): string =>
  `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;

async function createTransactionLogin(
  admin: pg.Client,
  adminUrl: string,
  { tenantApp }: DatabaseRoles,
): Promise<string> {
  const password = randomBytes(16).toString('hex');
  await admin.query(
    `CREATE ROLE bench_transaction LOGIN INHERIT PASSWORD '${password}' IN ROLE ${tenantApp}`,
  );
  await admin.query('GRANT CONNECT ON DATABASE bench TO bench_transaction');
  await admin.query('GRANT EXECUTE ON FUNCTION pg_catalog.set_config TO bench_transaction');
  const url = new URL(adminUrl);
  [url.username, url.password] = ['bench_transaction', password];
  return url.href;
}
