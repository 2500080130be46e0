import { createRateLimits, dropRateLimits } from '@parallax/tenant';
import type { QueryRunner } from 'typeorm';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { migrate } from '../../quotas/allocation/world.js';

/** All that a migration could leave behind. */
const PICTURE = `
  SELECT 'relation' AS kind, relname::text AS name, concat_ws(' ', relkind, relpersistence, reloptions, relacl) AS what
    FROM pg_class WHERE relnamespace = 'public'::regnamespace
  UNION ALL SELECT 'column', attrelid::regclass::text, concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull)
    FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND attnum > 0 AND NOT attisdropped
  UNION ALL SELECT 'function', proname, concat_ws(' ', proacl, pg_get_functiondef(oid)) FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace
  ORDER BY 1, 2, 3`;

const TAKE = `SELECT tenant_rate_limit_take('somebody', $$[{"policy": "fixed-window 60000 a", "cost": 1, "limit": 1,
  "burst": 1, "windowMs": 60000, "parts": 1, "partMs": 60000}]$$, 1, true) ->> 'granted' AS granted`;

describe('The migration of rate limits', () => {
  let database: TestDatabase;
  const picture = (): Promise<object[]> => database.query(PICTURE);
  const asOwner = (work: (runner: QueryRunner) => Promise<void>): Promise<void> => migrate(database, work);
  const granted = [{ granted: '1' }];

  describe('of an application', () => {
    beforeAll(async () => {
      database = await createTestDatabase({ migrated: false });
    });
    afterAll(() => database.drop());

    it('is undone without a trace, and done again', async () => {
      const before = await picture();
      await asOwner(createRateLimits);
      const after = await picture();
      expect(after.length).toBeGreaterThan(before.length);
      expect(await database.query(TAKE)).toEqual(granted);
      await asOwner(dropRateLimits);
      expect(await picture()).toEqual(before);
      await asOwner(createRateLimits);
      expect(await picture()).toEqual(after);
      expect(await database.query(TAKE)).toEqual(granted);
    });

    it('works in a schema of a name that has to be quoted', async () => {
      const schema = '"The app.s (1)"';
      await database.query(`CREATE SCHEMA ${schema} AUTHORIZATION ${database.roles.owner}`);
      await asOwner(async (runner) => {
        await runner.query(`SET LOCAL search_path = ${schema}`);
        await createRateLimits(runner);
        await runner.query('SAVEPOINT made');
        await runner.query(TAKE);
        await dropRateLimits(runner);
      });
      const left = `SELECT FROM pg_class WHERE relnamespace = '${schema}'::regnamespace`;
      expect(await database.query(left)).toEqual([]);
    });
  });

  describe('of the backend', () => {
    beforeAll(async () => {
      database = await createTestDatabase();
    });
    afterAll(() => database.drop());

    const run = async (url: string, statements: readonly string[]): Promise<object[]> => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      try {
        let rows: object[] = [];
        for (const statement of statements) rows = (await client.query<object>(statement)).rows;
        return rows;
      } finally {
        await client.end();
      }
    };
    const ATTEMPTS = [
      TAKE,
      'SELECT FROM rate_limit_counters',
      'DELETE FROM rate_limit_counters',
      'UPDATE rate_limit_counters SET counts = NULL',
      `INSERT INTO rate_limit_counters (subject, policy) VALUES ('somebody', 'any')`,
      'TRUNCATE rate_limit_counters',
      `SELECT tenant_rate_limit_room(NULL, '{}', 0)`,
      `SELECT tenant_rate_limit_state(NULL, '{}', 0)`,
      `SELECT tenant_rate_limit_present(NULL, '{}', 0)`,
    ];

    it.each(['tenantApp', 'platformReader', 'platformWriter'] as const)(
      'leaves nothing to the role %s',
      async (name) => {
        for (const attempt of ATTEMPTS)
          await expect(
            run(database.urls.admin, [`SET ROLE ${database.roles[name]}`, attempt]),
          ).rejects.toMatchObject({ code: '42501' });
      },
    );

    it('leaves nothing to whoever serves tenants, and to the control plane what it needs', async () => {
      const { tenant, control } = database.urls;
      for (const attempt of ATTEMPTS)
        await expect(run(tenant, [attempt])).rejects.toMatchObject({ code: '42501' });
      expect(await run(control, [TAKE])).toEqual(granted);
      await run(control, ['DELETE FROM rate_limit_counters']);
      await expect(run(control, ['TRUNCATE rate_limit_counters'])).rejects.toMatchObject({ code: '42501' });
    });
  });
});
