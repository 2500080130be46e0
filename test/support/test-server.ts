import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { EmbeddedPostgresError } from '../../src/database/embedded/embedded-postgres.error.js';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../src/database/embedded/embedded-postgres.js';

const PREFIX = 'parallax-test-postgres-';

/** The one server of a test run. */
export async function startTestServer(): Promise<EmbeddedPostgres> {
  await removeAbandoned();
  return await start(join(tmpdir(), `${PREFIX}${process.pid}-${Date.now()}`));
}

const start = (dataDir: string): Promise<EmbeddedPostgres> =>
  startEmbeddedPostgres({ dataDir, durable: false, settings: { max_connections: 300 } });

/** A run that was killed could not clean up. The lock on a directory tells whether its run still lives. */
async function removeAbandoned(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    try {
      const server = await start(join(tmpdir(), name));
      await server.remove();
    } catch (error) {
      if (!(error instanceof EmbeddedPostgresError)) throw error;
    }
  }
}

/** Removes what earlier runs left on a server that is not ours; their templates may be out of date. */
export async function clearTestDatabases(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      `SELECT datname AS name FROM pg_database WHERE datname LIKE 'test\\_%'`,
    );
    for (const { name } of rows)
      await client.query(`DROP DATABASE ${pg.escapeIdentifier(name)} WITH (FORCE)`);
  } finally {
    await client.end();
  }
}
