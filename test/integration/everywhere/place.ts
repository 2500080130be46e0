import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { createNotes } from '../../support/notes.js';
import { OwnPostgres } from '../../support/own-postgres.js';
import { PgBouncer, type PgBouncerOptions } from '../../support/pgbouncer.js';
import { systemPostgres } from '../../support/system-postgres.js';

/** Somewhere the scoped client has to work: a version of PostgreSQL, or one behind a pooler. */
export interface Place {
  readonly name: string;
  /** How many transactions it can hold at once; unlimited when left out. */
  readonly transactions?: number;
  open(): Promise<OpenPlace>;
}

export interface OpenPlace {
  /** With the notes of {@link createNotes}. A statement may take two seconds, a transaction idle for two. */
  readonly database: TestDatabase;
  /** By which tenants' code reaches it. */
  readonly url: string;
  readonly bouncer?: PgBouncer;
  /** Runs one statement as the superuser, past every pooler. */
  admin<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

/** The PostgreSQL of node_modules, which the whole run shares. */
export const EMBEDDED: Place = {
  name: 'PostgreSQL 18',
  open: async () => {
    const database = await noteDatabase();
    return await opened(database, { close: () => database.drop() });
  },
};

/** The oldest PostgreSQL that is supported, as Debian has it; undefined where it is not installed. */
export function oldestPostgres(): Place | undefined {
  const found = systemPostgres();
  if (!found) return undefined;
  return {
    name: `PostgreSQL ${found.major}`,
    open: async () => {
      const server = await OwnPostgres.start({}, found.programs);
      const database = await noteDatabase(server.adminUrl());
      return await opened(database, { close: () => server.remove() });
    },
  };
}

/** The PostgreSQL of node_modules behind a PgBouncer. */
export function behindPgBouncer(
  poolSize: number,
  mode: PgBouncerOptions['mode'] = 'transaction',
): Place | undefined {
  if (!PgBouncer.isInstalled()) return undefined;
  return {
    name: `PgBouncer, ${mode} mode, pool size ${poolSize}`,
    ...(mode === 'transaction' && { transactions: poolSize }),
    open: async () => {
      const database = await noteDatabase();
      const urls = [database.urls.tenant, database.urls.control];
      const bouncer = await PgBouncer.start({ urls, mode, poolSize });
      const close = async (): Promise<void> => {
        await bouncer.remove();
        await database.drop();
      };
      return await opened(database, { url: bouncer.through(database.urls.tenant), bouncer, close });
    },
  };
}

/** One connection for what a test asks as the superuser: each costs a handshake. */
export async function opened(
  database: TestDatabase,
  { url = database.urls.tenant, close, ...rest }: Partial<OpenPlace> & Pick<OpenPlace, 'close'>,
): Promise<OpenPlace> {
  const admin = new pg.Client({ connectionString: database.urls.admin });
  await admin.connect();
  return {
    ...rest,
    database,
    url,
    admin: async <Row extends pg.QueryResultRow>(text: string, values?: unknown[]) =>
      (await admin.query<Row>(text, values)).rows,
    close: async () => {
      await admin.end();
      await close();
    },
  };
}

/** A database with the notes, on the run's own server or another. */
export async function noteDatabase(server?: string): Promise<TestDatabase> {
  const database = await createTestDatabase({ migrated: false, ...(server !== undefined && { server }) });
  await createNotes(database);
  await database.query(`
    ALTER TABLE note ADD COLUMN after uuid,
      ADD FOREIGN KEY (tenant_id, after) REFERENCES note DEFERRABLE INITIALLY DEFERRED;
    ALTER DATABASE ${database.name} SET statement_timeout = '2s';
    ALTER DATABASE ${database.name} SET idle_in_transaction_session_timeout = '2s'`);
  return database;
}
