import type { RateLimitStoreFixture } from '@parallax/tenant/testing';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { PostgresRateLimitStore } from '../../../../src/tenant/rate-limit/postgres-rate-limit.store.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { ON_TEST_TIME, replaceServerClock } from '../../quotas/contract/server-clock.js';

/** A store in a database of its own, by a clock that a test sets. */
export class PostgresRateLimitFixture implements RateLimitStoreFixture {
  private constructor(
    readonly database: TestDatabase,
    readonly admin: pg.Pool,
    readonly control: DataSource,
    private readonly setClock: (at: Date) => Promise<void>,
  ) {}

  static async open(server?: string): Promise<PostgresRateLimitFixture> {
    const database = await createTestDatabase(server === undefined ? {} : { server });
    const admin = new pg.Pool({ connectionString: database.urls.admin, max: 1 });
    admin.on('error', () => undefined); // a failed suite ends the server under it
    const control = await new DataSource({
      type: 'postgres',
      url: database.urls.control,
      poolSize: 10,
      installExtensions: false,
      // Whoever waits for a row that is held fails, instead of waiting for the test.
      extra: { options: `${ON_TEST_TIME} -c lock_timeout=5s` },
    }).initialize();
    return new PostgresRateLimitFixture(database, admin, control, await replaceServerClock(admin));
  }

  get store(): PostgresRateLimitStore {
    return new PostgresRateLimitStore(this.control);
  }

  moveTo(now: number): Promise<void> {
    return this.setClock(new Date(now));
  }

  /** The counters a subject has, and which version of each row it is: another after each write, or lock. */
  async rows(subject: string): Promise<{ policy: string; version: string }[]> {
    const { rows } = await this.admin.query<{ policy: string; version: string }>(
      `SELECT policy, concat_ws(' ', ctid, xmin, xmax, newest, counts, full_at, expires_at) AS version
       FROM rate_limit_counters WHERE subject = $1 ORDER BY policy`,
      [subject],
    );
    return rows;
  }

  async deadlocks(): Promise<number> {
    const { rows } = await this.admin.query<{ deadlocks: number }>(
      'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
    );
    return rows[0]!.deadlocks;
  }

  async close(): Promise<void> {
    if (this.control.isInitialized) await this.control.destroy();
    await this.admin.end();
    await this.database.drop();
  }
}
