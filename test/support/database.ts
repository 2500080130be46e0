import { createHmac, randomBytes } from 'node:crypto';
import pg from 'pg';
import { databaseRoles, type DatabaseRoles, openDatabaseToRoles } from '@parallax/tenant';
import { runMigrations } from '../../src/database/migrator.js';
import { templateDatabase } from './database-template.js';

/** What the names of the roles start with; all test databases share them. */
const PREFIX = 'test';

export interface TestDatabase {
  readonly name: string;
  readonly prefix: string;
  readonly roles: DatabaseRoles;
  /** Connection URLs of the superuser and of the three roles that log in. */
  readonly urls: Readonly<Record<'admin' | 'tenant' | 'control' | 'migration', string>>;
  /** Runs one statement as the superuser, on a connection of its own, and answers with the rows. */
  query<Row extends pg.QueryResultRow>(sql: string, params?: unknown[]): Promise<Row[]>;
  /** Removes the database, ending whatever is still connected. */
  drop(): Promise<void>;
}

/**
 * A database for one suite, copied from a template: with the schema, or with `migrated: false` one that has
 * roles and grants only. `server` is the administrator's URL of another server than the run's.
 */
export async function createTestDatabase({
  migrated = true,
  server = serverUrl(),
}: { migrated?: boolean; server?: string } = {}): Promise<TestDatabase> {
  const roles = databaseRoles(PREFIX);
  const passwords = {
    owner: secret(server, 'owner'),
    login: secret(server, 'login'),
    control: secret(server, 'control'),
  };
  const urlTo = (database: string, user?: string, password?: string): string => {
    const url = new URL(server);
    url.pathname = database;
    if (user !== undefined) [url.username, url.password] = [user, password ?? ''];
    return url.href;
  };
  const migrate = async (database: string): Promise<void> => {
    await runMigrations({ url: urlTo(database, roles.owner, passwords.owner) });
  };
  const template = await templateDatabase({
    server,
    prefix: PREFIX,
    passwords,
    ...(migrated && { migrate }),
  });
  const name = `test_${randomBytes(8).toString('hex')}`;
  await withClient(server, async (client) => {
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
    await openDatabaseToRoles(client, name, PREFIX);
  });

  const admin = urlTo(name);
  return {
    name,
    prefix: PREFIX,
    roles,
    urls: {
      admin,
      tenant: urlTo(name, roles.login, passwords.login),
      control: urlTo(name, roles.control, passwords.control),
      migration: urlTo(name, roles.owner, passwords.owner),
    },
    query: <Row extends pg.QueryResultRow>(sql: string, params?: unknown[]) =>
      withClient(admin, async (client) => (await client.query<Row>(sql, params)).rows),
    drop: () =>
      withClient(server, async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      }),
  };
}

function serverUrl(): string {
  const url = process.env.TEST_DATABASE_URL;
  if (url === undefined)
    throw new Error('No test server: run this suite as part of the integration or e2e project.');
  return url;
}

/** Known to every worker of the run, and to nobody else. */
function secret(server: string, of: string): string {
  return createHmac('sha256', server).update(of).digest('base64url');
}

async function withClient<T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
