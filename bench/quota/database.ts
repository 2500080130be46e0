import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setupDatabase } from '@parallax/tenant';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/database/embedded/embedded-postgres.js';
import { runMigrations } from '../../src/database/migrator.js';

export interface QuotaDatabase {
  readonly controlUrl: string;
  /** Logs in as the superuser. */
  readonly adminUrl: string;
  readonly admin: pg.Pool;
  /** A server setting, as it is now. */
  setting(name: string): Promise<string>;
  stop(): Promise<void>;
}

/** A durable server of its own: whoever is told that units were taken has waited for the disk. */
export async function startDatabase(): Promise<QuotaDatabase> {
  const server = await startEmbeddedPostgres({ dataDir: mkdtempSync(join(tmpdir(), 'parallax-bench-')) });
  const { controlUrl, migrationUrl } = await setupDatabase({
    adminUrl: server.adminUrl(),
    database: 'bench',
    prefix: 'bench',
  });
  await runMigrations({ url: migrationUrl });
  const admin = new pg.Pool({ connectionString: server.adminUrl('bench'), max: 1 });
  return {
    controlUrl,
    adminUrl: server.adminUrl('bench'),
    admin,
    setting: async (name) => {
      const { rows } = await admin.query<{ value: string }>('SELECT current_setting($1) AS value', [name]);
      return rows[0]?.value ?? '';
    },
    stop: async () => {
      await admin.end();
      await server.remove();
    },
  };
}
