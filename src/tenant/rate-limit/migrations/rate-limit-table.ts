import pg from 'pg';
import type { QueryRunner } from 'typeorm';
import { rolesOfMigration } from '../../isolation/migrations/identifiers.js';

export async function createRateLimitTable(queryRunner: QueryRunner): Promise<void> {
  // Not logged: a crash of the server forgets what was used, for one window. Nothing but the primary key is indexed,
  // and pages have room: a take touches no index. Nor is there one on `expires_at`, which every take changes: the
  // sweep, every now and then, reads the table instead.
  // Moments are milliseconds since 1970; `full_at` has fractions, when the bucket of tokens will be full again.
  await queryRunner.query(`
    CREATE UNLOGGED TABLE rate_limit_counters (
      subject text COLLATE "C" NOT NULL,
      policy text COLLATE "C" NOT NULL,
      newest bigint NOT NULL DEFAULT 0,
      counts bigint[] NOT NULL DEFAULT '{}',
      full_at numeric NOT NULL DEFAULT 0,
      expires_at bigint NOT NULL DEFAULT 0,
      PRIMARY KEY (subject, policy)
    ) WITH (fillfactor = 50)`);
  const { control } = await rolesOfMigration(queryRunner);
  await queryRunner.query(
    `GRANT SELECT, INSERT, UPDATE, DELETE ON rate_limit_counters TO ${pg.escapeIdentifier(control)}`,
  );
}
