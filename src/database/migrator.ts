import pg from 'pg';
import { DataSource, type MigrationInterface } from 'typeorm';
import { withMigrationLock } from './migration-lock.js';
import { MigrationLogger } from './migration-logger.js';
import { MIGRATIONS } from './migrations.js';

export type Migration = new () => MigrationInterface;

export interface MigratorOptions {
  /** Logs in as the owner; a direct connection, since the lock belongs to a session. */
  readonly url: string;
  /** @default the migrations of this build */
  readonly migrations?: readonly Migration[];
  /** Told what happens, a line at a time. @default nobody */
  readonly log?: (line: string) => void;
}

export const MIGRATIONS_TABLE = 'schema_migrations';

/** How long a migration waits for a table in use: behind it, every other query on that table waits too. */
const LOCK_TIMEOUT_MS = 10_000;

const UNDEFINED_TABLE = '42P01';

/**
 * Applies what is pending, each migration in a transaction of its own. Of several processes one applies, the
 * others wait and find nothing to do. Answers with the names applied.
 */
export async function runMigrations(options: MigratorOptions): Promise<string[]> {
  return await locked(options, async (dataSource) => {
    const applied = await dataSource.runMigrations({ transaction: 'each' });
    return applied.map(({ name }) => name);
  });
}

/** Takes back the migration applied last. Answers with its name, or `undefined` when there was none. */
export async function revertMigration(options: MigratorOptions): Promise<string | undefined> {
  return await locked(options, async (dataSource) => {
    const last = (await appliedMigrations(options.url)).at(-1);
    if (last !== undefined) await dataSource.undoLastMigration({ transaction: 'each' });
    return last;
  });
}

/** The names of what is not applied yet. Changes nothing; the control role may ask too. */
export async function pendingMigrations({
  url,
  migrations = MIGRATIONS,
}: MigratorOptions): Promise<string[]> {
  const applied = new Set(await appliedMigrations(url));
  return migrations
    .map((migration) => new migration().name ?? migration.name)
    .filter((name) => !applied.has(name));
}

/** In the order they were applied. */
async function appliedMigrations(url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(`SELECT name FROM ${MIGRATIONS_TABLE} ORDER BY id`);
    return rows.map(({ name }) => name);
  } catch (error) {
    if ((error as pg.DatabaseError).code === UNDEFINED_TABLE) return [];
    throw error;
  } finally {
    await client.end();
  }
}

async function locked<T>(options: MigratorOptions, work: (dataSource: DataSource) => Promise<T>): Promise<T> {
  const { url, migrations = MIGRATIONS, log = () => undefined } = options;
  return await withMigrationLock(url, log, async () => {
    const dataSource = new DataSource({
      type: 'postgres',
      url,
      migrations: [...migrations],
      migrationsTableName: MIGRATIONS_TABLE,
      installExtensions: false,
      logger: new MigrationLogger(log),
      extra: { lock_timeout: LOCK_TIMEOUT_MS, application_name: 'migration' },
    });
    await dataSource.initialize();
    try {
      return await work(dataSource);
    } finally {
      await dataSource.destroy();
    }
  });
}
