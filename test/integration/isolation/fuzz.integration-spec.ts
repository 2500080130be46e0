import { randomInt } from 'node:crypto';
import pg from 'pg';
import { TenantPool, tryGetTenantContext } from '@parallax/tenant';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { createNotes, inScopeOf, NOTES_EACH, TENANTS } from '../../support/notes.js';
import { describeTally, fuzzPool, type Tally } from '../../support/pool-fuzz.js';

const READS = 3_000;
const TIMEOUT_MS = 180_000;
const seed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31));

describe(`Reads of eight tenants over five connections that fail (FUZZ_SEED=${seed})`, () => {
  let database: TestDatabase;
  let admin: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false });
    await createNotes(database);
    admin = new pg.Client({ connectionString: database.urls.admin });
    await admin.connect();
  });
  afterAll(async () => {
    await admin.end();
    await database.drop();
  });

  const options = (): pg.PoolConfig => ({
    connectionString: database.urls.tenant,
    max: 5,
    connectionTimeoutMillis: 30_000,
  });

  const killBackend = (choice: number): Promise<unknown> =>
    admin.query(
      `SELECT pg_terminate_backend(pid) FROM (
         SELECT pid, row_number() OVER (ORDER BY pid) AS at, count(*) OVER () AS of FROM pg_stat_activity
         WHERE datname = current_database() AND usename = $1) backends
       WHERE at = 1 + floor($2::float8 * of)`,
      [database.roles.login, choice],
    );

  /** What an ordinary statement finds on each connection: asked past the pool's own guard. */
  const leftOn = async (pool: pg.Pool): Promise<unknown[]> => {
    const clients = await Promise.all(Array.from({ length: 5 }, () => pool.connect()));
    const ask = `SELECT current_user::text AS role, coalesce(current_setting('app.tenant_id', true), '') AS tenant`;
    const answers = clients.map((client) => Reflect.apply(pg.Client.prototype.query, client, [ask]));
    const settled = await Promise.allSettled(answers as unknown as Promise<pg.QueryResult>[]);
    for (const client of clients) client.release();
    // One whose backend was killed last may not know it yet.
    return settled.flatMap((answer) =>
      answer.status === 'fulfilled' ? (answer.value.rows as unknown[]) : [],
    );
  };

  const run = async (name: string, pool: pg.Pool, after?: () => Promise<void>): Promise<Tally> => {
    pool.on('error', () => undefined);
    pool.on('connect', (client) => client.on('error', () => undefined));
    try {
      const tally = await fuzzPool({
        pool,
        inScopeOf,
        tenants: TENANTS,
        rowsEach: NOTES_EACH,
        turns: READS,
        workers: 24,
        seed,
        killBackend,
      });
      process.stdout.write(`${describeTally(name, tally)} (FUZZ_SEED=${seed})\n`);
      await after?.();
      return tally;
    } finally {
      await pool.end();
    }
  };

  it(
    'never give a row of another tenant, nor one without a scope, through TenantPool',
    async () => {
      const pool = new TenantPool(options());
      const tally = await run('TenantPool', pool, async () => {
        const nothing = { role: database.roles.login, tenant: '' };
        expect(await leftOn(pool)).toEqual(Array(5).fill(nothing));
      });
      expect(tally).toMatchObject({ wrong: 0, unscoped: 0 });
      expect(tally.ok).toBeGreaterThan(READS / 2);
    },
    TIMEOUT_MS,
  );

  it(
    'give rows of other tenants through a pool that reads the scope in its acquire event',
    async () => {
      const pool = new pg.Pool(options());
      pool.on('acquire', (client) => {
        const tenantId = tryGetTenantContext()?.tenantId;
        if (tenantId === undefined) return;
        client
          .query(`SET ROLE ${database.roles.tenantApp}; SET app.tenant_id = '${tenantId}'`)
          .catch(() => undefined);
      });
      const tally = await run('pool with an acquire event', pool);
      expect(tally.wrong).toBeGreaterThan(0);
      expect(tally.ok).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );
});
