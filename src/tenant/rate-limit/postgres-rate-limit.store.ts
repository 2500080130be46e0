import { type DataSource, QueryFailedError } from 'typeorm';
import { databaseCall } from '../quotas/database-call.js';
import type { CountedPolicy, RateLimitAnswer, RateLimitRequest, RateLimitStore } from './rate-limit.store.js';

/** Two transactions met and one was rolled back whole, so it may be tried again: deadlock, serialization. */
const ROLLED_BACK = new Set(['40P01', '40001']);
const ATTEMPTS = 4;

/** A sliding window has twelve parts, and the one it is leaving counts in full. */
const PARTS = 12;

/**
 * Rate limits in PostgreSQL, through the control plane's DataSource; its migrations call `createRateLimits`. Every
 * process that shares the database shares the limits, by the server's clock. The table is not logged: after a crash of
 * the server, or on a standby that takes over, nothing was used yet.
 *
 * @example
 * const store = new PostgresRateLimitStore(controlPlane);
 * setInterval(() => void store.sweep(10_000), 60_000).unref();
 */
export class PostgresRateLimitStore implements RateLimitStore {
  constructor(private readonly controlPlane: DataSource) {}

  take(subject: string, requests: readonly RateLimitRequest[], times = 1): Promise<RateLimitAnswer> {
    return this.#ask(subject, requests, times, true);
  }

  peek(subject: string, requests: readonly RateLimitRequest[]): Promise<RateLimitAnswer> {
    return this.#ask(subject, requests, 1, false);
  }

  async reset(subject: string, policies: readonly CountedPolicy[]): Promise<void> {
    // Locked in the order in which takes lock them.
    await this.#query(
      `WITH named AS (
         SELECT policy FROM rate_limit_counters WHERE subject = $1 AND policy = ANY ($2) ORDER BY policy FOR UPDATE)
       DELETE FROM rate_limit_counters c USING named WHERE c.subject = $1 AND c.policy = named.policy`,
      [subject, policies.map(keyOf)],
    );
  }

  /**
   * Deletes counters that say the same as if they were not there. It reads the table, and waits for nobody.
   *
   * @param limit how many at most
   * @returns how many there were
   * @throws UnavailableError ConnectionLostError when the database is away
   */
  async sweep(limit: number): Promise<number> {
    const [{ swept }] = await this.#query<[{ swept: number }]>(
      `WITH expired AS (
         SELECT subject, policy FROM rate_limit_counters
         WHERE expires_at <= (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000))
         LIMIT $1 FOR UPDATE SKIP LOCKED),
       swept AS (
         DELETE FROM rate_limit_counters c USING expired e
         WHERE c.subject = e.subject AND c.policy = e.policy RETURNING 1)
       SELECT count(*)::int AS swept FROM swept`,
      [limit],
    );
    return swept;
  }

  async #ask(
    subject: string,
    requests: readonly RateLimitRequest[],
    times: number,
    isTaking: boolean,
  ): Promise<RateLimitAnswer> {
    const [{ answer }] = await this.#query<[{ answer: RateLimitAnswer }]>(
      'SELECT tenant_rate_limit_take($1, $2, $3, $4) AS answer',
      [subject, JSON.stringify(requests.map(encode)), times, isTaking],
    );
    return answer;
  }

  async #query<Rows>(sql: string, parameters: unknown[]): Promise<Rows> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await databaseCall(() => this.controlPlane.query<Rows>(sql, parameters));
      } catch (error) {
        if (attempt === ATTEMPTS || !wasRolledBack(error)) throw error;
      }
    }
  }
}

/** Told apart by its first two words, which have no spaces. */
function keyOf({ name, algorithm, windowMs }: CountedPolicy): string {
  return `${algorithm} ${windowMs} ${name}`;
}

function encode({ policy, cost }: RateLimitRequest): object {
  const { algorithm, limit, burst, windowMs } = policy;
  return { policy: keyOf(policy), cost, limit, burst, windowMs, ...partsOf(algorithm, windowMs) };
}

function partsOf(algorithm: CountedPolicy['algorithm'], windowMs: number): object {
  switch (algorithm) {
    case 'sliding-window':
      return { parts: PARTS + 1, partMs: Math.ceil(windowMs / PARTS) };
    case 'fixed-window':
      return { parts: 1, partMs: windowMs };
    case 'token-bucket':
      return {};
  }
}

function wasRolledBack(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const { code } = error.driverError as { code?: string };
  return code !== undefined && ROLLED_BACK.has(code);
}
