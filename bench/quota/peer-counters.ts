import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { LARGE_LIMIT, SMALL_LIMIT } from './counted-app.js';
import { admitted, type Counter, type OpenCounter } from './counter.js';

export type PeerName = 'conditional-update' | 'rate-limiter-flexible' | 'check-then-update';

export interface PeerCounters {
  readonly open: Record<PeerName, OpenCounter>;
  close(): Promise<void>;
}

const LIMITS = { small: SMALL_LIMIT, large: LARGE_LIMIT };
const PERIOD_SECONDS = 30 * 86_400;
/** Room for new versions of a row beside it, as ours has. */
const TABLE = `
  CREATE TABLE peer_usage (id uuid PRIMARY KEY, used bigint NOT NULL DEFAULT 0, allowed bigint NOT NULL)
  WITH (fillfactor = 50)`;
const ADD = 'UPDATE peer_usage SET used = used + 1 WHERE id = $1';

/** What one would write, or install, in its place: statements are prepared and committed by themselves. */
export async function peerCounters(connectionString: string, poolSize: number): Promise<PeerCounters> {
  const pool = new pg.Pool({ connectionString, max: poolSize });
  await pool.query(TABLE);
  const limiters = {
    small: await limiterOf(pool, SMALL_LIMIT),
    large: await limiterOf(pool, LARGE_LIMIT),
  };
  const counted =
    (take: (id: string) => Promise<boolean>): OpenCounter =>
    async (plan) => {
      const id = randomUUID();
      await pool.query('INSERT INTO peer_usage (id, allowed) VALUES ($1, $2)', [id, LIMITS[plan]]);
      return {
        take: () => take(id),
        used: () => numberOf(pool, 'SELECT used AS n FROM peer_usage WHERE id = $1', id),
      };
    };
  return {
    open: {
      'conditional-update': counted(async (id) => {
        const text = `${ADD} AND used + 1 <= allowed RETURNING used`;
        const { rowCount } = await pool.query({ name: 'conditional-update', text, values: [id] });
        return rowCount === 1;
      }),
      'check-then-update': counted(async (id) => {
        const text = 'SELECT used + 1 <= allowed AS fits FROM peer_usage WHERE id = $1';
        const { rows } = await pool.query<{ fits: boolean }>({ name: 'check', text, values: [id] });
        if (rows[0]?.fits !== true) return false;
        await pool.query({ name: 'update', text: ADD, values: [id] });
        return true;
      }),
      'rate-limiter-flexible': (plan): Promise<Counter> => {
        const key = randomUUID();
        return Promise.resolve({
          take: () => admitted(limiters[plan].consume(key), RateLimiterRes),
          used: () =>
            numberOf(pool, 'SELECT points AS n FROM rate_limits WHERE key = $1', limiters[plan].getKey(key)),
        });
      },
    },
    close: () => pool.end(),
  };
}

/** As its documentation has it for speed: what is used up is refused from memory. */
function limiterOf(pool: pg.Pool, points: number): Promise<RateLimiterPostgres> {
  return new Promise((resolve, reject) => {
    const limiter: RateLimiterPostgres = new RateLimiterPostgres(
      {
        storeClient: pool,
        tableName: 'rate_limits',
        keyPrefix: 'runs',
        points,
        duration: PERIOD_SECONDS,
        inMemoryBlockOnConsumed: points + 1,
        clearExpiredByTimeout: false,
      },
      (error?: Error) => {
        if (error) reject(error);
        else resolve(limiter);
      },
    );
  });
}

async function numberOf(pool: pg.Pool, text: string, id: string): Promise<number> {
  const { rows } = await pool.query<{ n: string }>(text, [id]);
  return Number(rows[0]?.n ?? 0);
}
