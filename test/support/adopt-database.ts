import { randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from './database.js';
import { runTenancy, type TenancyRun } from './run-tenancy.js';

/** A database with the registry, two tenants, and the role of an application that knows nothing of tenants. */
export interface AdoptDatabase {
  readonly database: TestDatabase;
  readonly admin: pg.Client;
  /** The tenant that gets the rows, by id and by slug, and another one. */
  readonly acme: string;
  readonly other: string;
  readonly formerRole: string;
  /** Logs in as the former application. */
  readonly formerUrl: string;
  /** `tenancy adopt …` in a process of its own. */
  adopt(...argv: string[]): Promise<TenancyRun>;
  drop(): Promise<void>;
}

export async function createAdoptDatabase(): Promise<AdoptDatabase> {
  const database = await createTestDatabase();
  const admin = new pg.Client({ connectionString: database.urls.admin });
  admin.on('error', () => undefined); // a failed suite ends the server under it
  await admin.connect();
  const formerRole = `former_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  await admin.query(`CREATE ROLE ${formerRole} LOGIN PASSWORD '${password}'`);
  await admin.query(`GRANT CONNECT ON DATABASE ${database.name} TO ${formerRole}`);
  await admin.query(`CREATE SCHEMA shop AUTHORIZATION ${formerRole}`);
  const { owner, ...others } = database.roles;
  await admin.query(`GRANT USAGE ON SCHEMA shop TO ${owner}, ${Object.values(others).join(', ')}`);
  const [acme, other] = [randomUUID(), randomUUID()];
  await admin.query(`INSERT INTO plans (name, version, limits, features) VALUES ('adopt', 1, '{}', '[]')`);
  for (const [id, slug] of [
    [acme, 'acme'],
    [other, 'other'],
  ]) {
    await admin.query(
      `INSERT INTO tenants (id, name, slug, status, plan, plan_version, period_anchor)
       VALUES ($1, $2::text, $2::text, 'active', 'adopt', 1, now())`,
      [id, slug],
    );
  }
  const url = new URL(database.urls.admin);
  [url.username, url.password] = [formerRole, password];
  return {
    database,
    admin,
    acme,
    other,
    formerRole,
    formerUrl: url.href,
    adopt: (...argv) =>
      runTenancy(['adopt', ...argv, '--prefix', database.prefix], {
        ADMIN_DATABASE_URL: database.urls.admin,
      }),
    async drop() {
      await admin.query(`DROP OWNED BY ${formerRole} CASCADE`).catch(() => undefined);
      await admin.end();
      await database.drop();
      await dropRole(database.urls.admin, formerRole);
    },
  };
}

async function dropRole(adminUrl: string, role: string): Promise<void> {
  const url = new URL(adminUrl);
  url.pathname = 'postgres';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    await client.query(`DROP ROLE ${role}`);
  } finally {
    await client.end();
  }
}

/** One statement as the former application, or as whoever the URL names. */
export async function queryAs<Row extends pg.QueryResultRow>(
  connectionString: string,
  sql: string,
  params: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<Row>(sql, params)).rows;
  } finally {
    await client.end();
  }
}

/** One statement as the running service does it: as the tenants' role, for one tenant. */
export async function inTenant(
  { admin, database }: AdoptDatabase,
  tenant: string,
  sql: string,
): Promise<Record<string, unknown>[]> {
  await admin.query(
    `BEGIN; SET LOCAL ROLE ${database.roles.tenantApp}; SET LOCAL app.tenant_id = '${tenant}'`,
  );
  try {
    const { rows } = await admin.query<Record<string, unknown>>(sql);
    await admin.query('COMMIT');
    return rows;
  } catch (error) {
    await admin.query('ROLLBACK');
    throw error;
  }
}
