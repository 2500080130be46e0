import { UnreadableCounterError } from './outage/unreadable-counter.error.js';
import type {
  CountedPolicy,
  PolicyState,
  RateLimitAnswer,
  RateLimitRequest,
  RateLimitStore,
} from './rate-limit.store.js';
import { assertPrefix, counterKey } from './redis/counter-key.js';
import { assertFailsFast, type RateLimitRedisClient } from './redis/redis-client.js';
import { TAKE_SCRIPT, TAKE_SHA1, UNREADABLE } from './redis/take.script.js';

export interface RedisRateLimitStoreOptions {
  /** What all keys begin with: up to 100 printable ASCII characters, no braces. @default 'ratelimit:' */
  readonly prefix?: string;
  /** For tests: the time, milliseconds since 1970. @default Redis' own clock */
  readonly now?: () => number;
}

/**
 * Rate limits in Redis 7 or later, or Redis Cluster: exact over all processes that share it. One script call for each
 * decision, by the script's hash. All counters of a subject are on one node. A counter is a key that goes of itself
 * once nothing of it counts; one that is refused is only read.
 *
 * Redis must not evict what is in use (`maxmemory-policy noeviction` or `volatile-ttl`), and what it has not stored on
 * disk or on a replica is gone when it falls: subjects then have their whole limit again.
 *
 * @throws ConfigurationError for a client that would let requests wait while Redis is away, or a prefix that cannot be
 *
 * @example
 * const redis = new Redis(url, RATE_LIMIT_REDIS_OPTIONS);
 * TenantModule.forRoot({ store, rateLimiter: { store: new RedisRateLimitStore(redis) } });
 */
export class RedisRateLimitStore implements RateLimitStore {
  readonly #prefix: string;
  readonly #now: (() => number) | undefined;

  constructor(
    private readonly client: RateLimitRedisClient,
    { prefix = 'ratelimit:', now }: RedisRateLimitStoreOptions = {},
  ) {
    assertFailsFast(client);
    assertPrefix(prefix);
    this.#prefix = prefix;
    this.#now = now;
  }

  take(subject: string, requests: readonly RateLimitRequest[], times = 1): Promise<RateLimitAnswer> {
    return this.#ask('take', subject, requests, times);
  }

  peek(subject: string, requests: readonly RateLimitRequest[]): Promise<RateLimitAnswer> {
    return this.#ask('peek', subject, requests, 1);
  }

  async reset(subject: string, policies: readonly CountedPolicy[]): Promise<void> {
    if (policies.length === 0) return;
    await this.client.del(...policies.map((policy) => counterKey(this.#prefix, subject, policy)));
  }

  async #ask(
    how: 'take' | 'peek',
    subject: string,
    requests: readonly RateLimitRequest[],
    times: number,
  ): Promise<RateLimitAnswer> {
    const keys: string[] = [];
    const args = [how, String(times), this.#now ? String(Math.floor(this.#now())) : ''];
    for (const { policy, cost } of requests) {
      const { algorithm, limit, windowMs, burst } = policy;
      keys.push(counterKey(this.#prefix, subject, policy));
      args.push(algorithm, String(limit), String(windowMs), String(burst), String(cost));
    }
    return answerOf(await this.#run([...keys, ...args], keys.length), requests.length);
  }

  async #run(args: string[], keyCount: number): Promise<unknown> {
    try {
      return await this.#evaluate(args, keyCount);
    } catch (error) {
      if (error instanceof Error && error.message.includes(UNREADABLE))
        throw new UnreadableCounterError(error);
      throw error;
    }
  }

  /** The script is sent only to a server that does not have it: one that is new, or was restarted. */
  async #evaluate(args: string[], keyCount: number): Promise<unknown> {
    try {
      return await this.client.evalsha(TAKE_SHA1, keyCount, ...args);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return await this.client.eval(TAKE_SCRIPT, keyCount, ...args);
    }
  }
}

function answerOf(reply: unknown, requests: number): RateLimitAnswer {
  const isAnswer =
    Array.isArray(reply) &&
    reply.length === 1 + requests * 3 &&
    reply.every((each) => Number.isFinite(Number(each)));
  if (!isAnswer) throw new Error('Redis answered something else than the rate limit script does.');
  const numbers = reply.map(Number);
  const at = (index: number): number => numbers[index] as number;
  const states = Array.from({ length: requests }, (_, index): PolicyState => {
    const [remaining, resetMs, retryMs] = [at(index * 3 + 1), at(index * 3 + 2), at(index * 3 + 3)];
    return { remaining, resetMs, retryMs: retryMs < 0 ? null : retryMs };
  });
  return { granted: at(0), states };
}
