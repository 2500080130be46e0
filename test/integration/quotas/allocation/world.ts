import { randomUUID } from 'node:crypto';
import pg from 'pg';
import {
  enableRowLevelSecurity,
  enforceAllocationLimit,
  type QuotaTerms,
  TenantPool,
} from '@parallax/tenant';
import { DataSource, type QueryRunner } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { eventually } from '../../../support/eventually.js';
import { inScopeOf } from '../../../support/notes.js';

/** A megabyte is enough of a limit to see units and not rows counted. */
export const LIMIT = 1_000;

export interface NewTenant {
  /** Of `maxBytes`; null is unlimited. */
  readonly limit?: number | null;
  readonly terms?: QuotaTerms;
  readonly overrides?: Readonly<Record<string, number | null>>;
  /** When the billing period began, some time ago. */
  readonly anchor?: string;
}

export interface Counted {
  readonly bytes: number;
  readonly used: number;
}

/** Folders with files in them; files count as such and by their bytes. */
export class AllocationWorld {
  private constructor(
    readonly database: TestDatabase,
    readonly pool: TenantPool,
    private readonly superuser: pg.Client,
  ) {}

  static async open(server?: string): Promise<AllocationWorld> {
    const database = await createTestDatabase(server === undefined ? {} : { server });
    await migrate(database, async (runner) => {
      await runner.query(
        'CREATE TABLE folders (tenant_id uuid NOT NULL, id uuid, PRIMARY KEY (tenant_id, id))',
      );
      await runner.query(`
        CREATE TABLE files (
          tenant_id uuid NOT NULL, id uuid NOT NULL DEFAULT gen_random_uuid(), name text, folder_id uuid,
          size_bytes bigint,
          PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, name),
          FOREIGN KEY (tenant_id, folder_id) REFERENCES folders ON DELETE CASCADE ON UPDATE CASCADE
        )`);
      await enforceAllocationLimit(runner, 'files', 'maxFiles');
      await enforceAllocationLimit(runner, 'files', 'maxBytes', { column: 'size_bytes' });
      for (const table of ['folders', 'files']) await enableRowLevelSecurity(runner, table);
    });
    const superuser = new pg.Client({ connectionString: database.urls.admin });
    superuser.on('error', () => undefined); // a failed suite ends the server under it
    await superuser.connect();
    return new AllocationWorld(
      database,
      new TenantPool({ connectionString: database.urls.tenant, max: 8 }),
      superuser,
    );
  }

  async close(): Promise<void> {
    await this.pool.end();
    await this.superuser.end();
    await this.database.drop();
  }

  /** Past everything. */
  async admin<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]> {
    return (await this.superuser.query<Row>(sql, values)).rows;
  }

  async plan(limit: number | null, terms: QuotaTerms = {}, version = 1): Promise<string> {
    const name = randomUUID();
    await this.admin(
      `INSERT INTO plans (name, version, price_cents, limits, features, quotas) VALUES ($1, $4, 0, $2, '[]', $3)`,
      [name, { maxFiles: null, maxBytes: limit, maxAgents: 0 }, { maxBytes: terms }, version],
    );
    return name;
  }

  async tenant({
    limit = LIMIT,
    terms,
    overrides = {},
    anchor = '10 days',
  }: NewTenant = {}): Promise<string> {
    const id = randomUUID();
    await this.admin(
      `INSERT INTO tenants (id, name, slug, status, plan, plan_version, limits, period_anchor)
       VALUES ($1, 'A tenant', $2, 'active', $3, 1, $4, now() - $5::interval)`,
      [id, `t-${id.slice(0, 8)}`, await this.plan(limit, terms), overrides, anchor],
    );
    return id;
  }

  async setLimit(tenant: string, limit: number | null): Promise<void> {
    await this.admin('UPDATE tenants SET limits = $2 WHERE id = $1', [tenant, { maxBytes: limit }]);
  }

  /** One statement of a tenant's, raw. */
  run<Row extends pg.QueryResultRow>(tenant: string, sql: string, values?: unknown[]): Promise<Row[]> {
    return inScopeOf(tenant, async () => (await this.pool.query<Row>(sql, values)).rows);
  }

  async file(tenant: string, bytes: number | null, name: string = randomUUID()): Promise<string> {
    await this.run(tenant, 'INSERT INTO files (name, size_bytes) VALUES ($1, $2)', [name, bytes]);
    return name;
  }

  /** On one connection, in order. */
  async statements(tenant: string, statements: readonly string[]): Promise<void> {
    await inScopeOf(tenant, async () => {
      const client = await this.pool.connect();
      try {
        for (const statement of statements) await client.query(statement);
      } finally {
        client.release();
      }
    });
  }

  /** Until a statement in this database waits for a lock. */
  async somebodyWaits(): Promise<void> {
    const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    await eventually('a wait', async () => (await this.database.query(waiting)).length > 0);
  }

  /** What is there, and what the counter says is there. */
  async counted(tenant: string): Promise<Counted> {
    const [counted] = await this.admin<{ bytes: string; used: string | null }>(
      `SELECT (SELECT coalesce(sum(size_bytes), 0) FROM files WHERE tenant_id = $1) AS bytes,
         (SELECT used FROM tenant_allocations WHERE tenant_id = $1 AND resource = 'maxBytes') AS used`,
      [tenant],
    );
    return { bytes: Number(counted!.bytes), used: Number(counted!.used ?? 0) };
  }

  alerts(tenant: string): Promise<{ threshold: number; limit: number; used: number; deliver: boolean }[]> {
    return this.admin(
      `SELECT threshold, limit_value::int AS "limit", used::int, deliver FROM tenant_alerts
       WHERE tenant_id = $1 AND resource = 'maxBytes' ORDER BY raised_at, threshold`,
      [tenant],
    );
  }
}

export const both = (bytes: number): Counted => ({ bytes, used: bytes });

/** What the server says of a statement it refused for the limit. */
export const refused = (used: number, limit = LIMIT): object => ({
  code: 'TN001',
  detail: JSON.stringify({ resource: 'maxBytes', limit, used })
    .replaceAll('":', '" : ')
    .replaceAll(',"', ', "'),
});

/** Runs a migration of the owner's, in a transaction. */
export async function migrate(
  { urls }: TestDatabase,
  work: (runner: QueryRunner) => Promise<void>,
): Promise<void> {
  const owner = await new DataSource({
    type: 'postgres',
    url: urls.migration,
    installExtensions: false,
  }).initialize();
  try {
    await owner.transaction(({ queryRunner }) => work(queryRunner!));
  } finally {
    await owner.destroy();
  }
}
