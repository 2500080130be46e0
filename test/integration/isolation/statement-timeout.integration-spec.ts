import { randomBytes } from 'node:crypto';
import {
  ConfigurationError,
  TenantDataSource,
  TenantPool,
  type TenantPoolConfig,
  UnavailableError,
} from '@parallax/tenant';
import pg from 'pg';
import QueryStream from 'pg-query-stream';
import { Note } from '../../support/note.entity.js';
import { A, B, inScopeOf, NOTES_EACH } from '../../support/notes.js';
import { WireRecorder } from '../../support/wire-recorder.js';
import { behindPgBouncer, EMBEDDED, oldestPostgres } from '../everywhere/place.js';
import { describeAt, type Subject } from '../everywhere/subject.js';

const READ = 'SELECT tenant_id FROM note';
const TIMEOUT = `SELECT current_setting('statement_timeout') AS timeout`;
/** Longer than any test waits: it ends because it is stopped. */
const ENDLESS = 'SELECT pg_sleep(300)';
const STOPPED = { code: '57014' };
const SHORT_MS = 100;

function timeouts(subject: () => Subject): void {
  let pool: TenantPool;

  beforeAll(async () => {
    const { at, database } = subject();
    await at.admin(`ALTER DATABASE ${database.name} SET statement_timeout = 0`);
    await at.admin(`GRANT SELECT ON note TO ${database.roles.tenantApp}`);
  });
  afterEach(() => pool.end());

  const open = (config: TenantPoolConfig): void => {
    pool = new TenantPool({ connectionString: subject().at.url, max: 2, ...config });
  };
  const askAs = <Row extends pg.QueryResultRow>(tenant: string, text: string): Promise<pg.QueryResult<Row>> =>
    inScopeOf(tenant, () => pool.query<Row>(text));
  const lease = <T>(tenant: string, use: (client: pg.PoolClient) => Promise<T>): Promise<T> =>
    inScopeOf(tenant, async () => {
      const client = await pool.connect();
      try {
        return await use(client);
      } finally {
        client.release();
      }
    });
  const timeoutOf = async (from: Pick<pg.ClientBase, 'query'>): Promise<string | undefined> =>
    (await from.query<{ timeout: string }>(TIMEOUT)).rows[0]?.timeout;
  /** What the connection has by itself, asked past the guard. */
  const left = async (client: pg.PoolClient): Promise<unknown> =>
    ((await Reflect.apply(pg.Client.prototype.query, client, [TIMEOUT])) as pg.QueryResult).rows;

  describe.each<[string, TenantPoolConfig]>([
    ['prepared', { preparedStatements: true }],
    ['not prepared', { preparedStatements: false }],
    ['signed', { scopeKey: randomBytes(48).toString('base64') }],
    ['as for Citus', { engine: 'citus' }],
  ])('%s', (_, config) => {
    beforeEach(() => open({ ...config, statementTimeoutMs: SHORT_MS }));

    it('stops a statement that takes longer, and nothing stays of it', async () => {
      await lease(A, async (client) => {
        for (let time = 0; time < 3; time += 1) {
          await expect(client.query(ENDLESS)).rejects.toMatchObject(STOPPED);
          expect(await left(client)).toEqual([{ timeout: '0' }]);
          expect((await client.query(READ)).rowCount).toBe(NOTES_EACH);
          expect(await left(client)).toEqual([{ timeout: '0' }]);
        }
      });
      expect(pool.totalCount).toBe(1);
    });

    it.each(['BEGIN', 'START TRANSACTION ISOLATION LEVEL REPEATABLE READ'])(
      'limits a transaction too: %s',
      async (begin) => {
        await lease(A, async (client) => {
          await client.query(begin);
          expect(await timeoutOf(client)).toBe('100ms');
          await client.query('SAVEPOINT s');
          await expect(client.query(ENDLESS)).rejects.toMatchObject(STOPPED);
          await client.query('ROLLBACK TO s');
          expect(await timeoutOf(client)).toBe('100ms');
          await expect(client.query(ENDLESS)).rejects.toMatchObject(STOPPED);
          await client.query('ROLLBACK');
          expect(await left(client)).toEqual([{ timeout: '0' }]);
        });
      },
    );
  });

  it('is for each statement, not for all of a transaction', async () => {
    open({ statementTimeoutMs: 1_000 });
    await lease(A, async (client) => {
      await client.query('BEGIN');
      for (let time = 0; time < 3; time += 1) await client.query('SELECT pg_sleep(0.4)');
      await client.query('COMMIT');
    });
  });

  it('is what the tenant of the scope says, at each statement', async () => {
    let ofB: number | null | undefined = null;
    open({ statementTimeoutMs: ({ tenantId }) => (tenantId === A ? SHORT_MS : ofB) });
    await expect(askAs(A, ENDLESS)).rejects.toMatchObject(STOPPED);
    await askAs(B, 'SELECT pg_sleep(0.5)');
    const said: unknown[] = [];
    for (ofB of [null, undefined, 1, 60_000, 2_147_483_647])
      said.push((await askAs<{ timeout: string }>(B, TIMEOUT)).rows[0]?.timeout);
    expect(said).toEqual(['0', '0', '1ms', '1min', '2147483647ms']);
  });

  it('runs no statement for what is no timeout', async () => {
    open({ statementTimeoutMs: () => 0 });
    await lease(A, async (client) => {
      const wire = new WireRecorder(client);
      await expect(client.query(READ)).rejects.toThrow(ConfigurationError);
      await expect(client.query('BEGIN')).rejects.toThrow('statementTimeoutMs is 0');
      expect(wire.take()).toEqual([]);
    });
    for (const statementTimeoutMs of [0, -1, 1.5])
      expect(() => new TenantPool({ statementTimeoutMs })).toThrow('statementTimeoutMs is');
  });

  it('cannot be lifted by the tenant', async () => {
    open({ statementTimeoutMs: SHORT_MS });
    for (const lift of ['SET statement_timeout = 0', 'SET LOCAL statement_timeout = 0', 'RESET ALL'])
      await expect(askAs(A, lift)).rejects.toMatchObject({ code: 'STATEMENT_REFUSED' });
    const lift = `SELECT set_config('statement_timeout', '0', true)`;
    await expect(askAs(A, lift)).rejects.toMatchObject({ code: '42501' });
    await lease(A, async (client) => {
      await client.query('BEGIN');
      await client.query('SAVEPOINT s');
      await expect(client.query(lift)).rejects.toMatchObject({ code: '42501' });
      await client.query('ROLLBACK TO s');
      await expect(client.query(ENDLESS)).rejects.toMatchObject(STOPPED);
    });
  });

  it('is sent in the same round trip; without it what is sent is as ever', async () => {
    const sentWith = async (config: TenantPoolConfig): Promise<[string[][], string[]]> => {
      const own = new TenantPool({ connectionString: subject().at.url, max: 1, ...config });
      try {
        return await inScopeOf(A, async () => {
          const client = await own.connect();
          const wire = new WireRecorder(client);
          await client.query(READ);
          client.release();
          return [wire.take(), wire.texts];
        });
      } finally {
        await own.end();
      }
    };
    open({});
    const [turns, [entry]] = await sentWith({ preparedStatements: false });
    const [timedTurns, [timedEntry]] = await sentWith({ preparedStatements: false, statementTimeoutMs: 50 });
    expect(entry).toBe(
      "select pg_catalog.set_config('role', $1, true), pg_catalog.set_config('app.tenant_id', $2, true)",
    );
    expect(timedEntry).toBe(`${entry}, pg_catalog.set_config('statement_timeout', $3, true)`);
    expect(timedTurns).toEqual(turns);
    expect(turns).toHaveLength(1);
  });

  it('holds for a stream', async () => {
    open({ statementTimeoutMs: SHORT_MS });
    await lease(A, async (client) => {
      await client.query('BEGIN');
      const stream = client.query(
        new QueryStream('SELECT n, pg_sleep(n / 4 * 300) FROM generate_series(1, 9) n', [], { batchSize: 1 }),
      );
      const rows: unknown[] = [];
      const read = async (): Promise<void> => {
        for await (const row of stream) rows.push(row);
      };
      await expect(read()).rejects.toMatchObject(STOPPED);
      expect(rows).toHaveLength(3);
      await client.query('ROLLBACK');
    });
  });

  it.each([
    [1_000, false, 'rejected'],
    [60_000, true, 'fulfilled'],
  ])(
    'counts a stream as one statement, with the time in which nobody reads it: %i ms',
    async (statementTimeoutMs, isWhole, outcome) => {
      open({ statementTimeoutMs });
      await lease(A, async (client) => {
        await client.query('BEGIN');
        const stream = client.query(
          new QueryStream('SELECT n FROM generate_series(1, 4) n', [], { batchSize: 1, highWaterMark: 1 }),
        );
        const rows: unknown[] = [];
        const read = async (): Promise<void> => {
          for await (const row of stream)
            if (rows.push(row) === 1) await subject().at.admin('SELECT pg_sleep(1.5)');
        };
        const [{ status }] = await Promise.allSettled([read()]);
        expect([rows.length === 4, status]).toEqual([isWhole, outcome]);
        await client.query('ROLLBACK');
      });
    },
  );

  it('comes through TypeORM as 503, and says that it took too long', async () => {
    open({});
    const dataSource = await new TenantDataSource({
      type: 'postgres',
      url: subject().at.url,
      entities: [Note],
      poolSize: 2,
      extra: { statementTimeoutMs: ({ tenantId }: { tenantId: string }) => (tenantId === A ? 100 : null) },
    }).initialize();
    try {
      const slow = (tenant: string, seconds: number): Promise<unknown> =>
        inScopeOf(tenant, () =>
          dataSource
            .getRepository(Note)
            .createQueryBuilder('note')
            .addSelect(`pg_sleep(${seconds})`)
            .getMany(),
        );
      const error = await slow(A, 300).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(UnavailableError);
      expect((error as UnavailableError).getResponse()).toMatchObject({
        status: 503,
        code: 'UNAVAILABLE',
        detail: expect.stringContaining('took too long') as string,
      });
      expect(await slow(B, 0.1)).toHaveLength(NOTES_EACH);
      await inScopeOf(A, () =>
        expect(
          dataSource.transaction(async (manager) => {
            expect(await manager.count(Note)).toBe(NOTES_EACH);
            await manager.query(ENDLESS);
          }),
        ).rejects.toThrow(UnavailableError),
      );
    } finally {
      await dataSource.destroy();
    }
  });
}

describe('A time limit for the statements of a tenant', () => {
  for (const place of [EMBEDDED, oldestPostgres(), behindPgBouncer(2)]) describeAt(place, { timeouts });
});
