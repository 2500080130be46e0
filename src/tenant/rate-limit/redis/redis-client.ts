import { ConfigurationError } from '../../errors/isolation.errors.js';

/** What is used of an ioredis `Redis` or `Cluster`. The library needs none of it installed. */
export interface RateLimitRedisClient {
  evalsha(sha1: string, keyCount: number, ...args: string[]): Promise<unknown>;
  eval(script: string, keyCount: number, ...args: string[]): Promise<unknown>;
  del(...keys: string[]): Promise<unknown>;
  /** As it was made. Of a `Cluster`, `redisOptions` are those of its connections. */
  readonly options: {
    readonly enableOfflineQueue?: boolean | undefined;
    readonly commandTimeout?: number | undefined;
    readonly redisOptions?: { readonly commandTimeout?: number | undefined } | undefined;
  };
}

/** What a request waits for is the gate's to say, 100 ms; this ends what is left behind. A pause of this process is no fault of Redis. */
const MAX_TIMEOUT_MS = 1_000;

/**
 * Options of ioredis with which a store that is away is noticed at once instead of waited for: nothing is queued,
 * nothing is sent twice, no command is left waiting. How long a request waits says the option `timeoutMs` of the limiter.
 *
 * @example
 * const redis = new Redis(url, RATE_LIMIT_REDIS_OPTIONS);
 * const cluster = new Cluster(nodes, { enableOfflineQueue: false, redisOptions: RATE_LIMIT_REDIS_OPTIONS });
 */
export const RATE_LIMIT_REDIS_OPTIONS = Object.freeze({
  enableOfflineQueue: false as const,
  /** 0 fails what is under way when the connection is lost; null would wait for the next one without end. */
  maxRetriesPerRequest: 0,
  /** What was under way may have been counted: it must not be counted again. */
  autoResendUnfulfilledCommands: false,
  /** Milliseconds. */
  commandTimeout: MAX_TIMEOUT_MS,
  /** Milliseconds. */
  connectTimeout: 1_000,
  /** Milliseconds to the next attempt; there is no last one. */
  retryStrategy: (attempts: number): number => Math.min(attempts * 50, 1_000),
});

/** @throws ConfigurationError for a client that would let requests wait for a store that is away */
export function assertFailsFast({ options }: RateLimitRedisClient): void {
  const fix =
    'Make the client with RATE_LIMIT_REDIS_OPTIONS: new Redis(url, RATE_LIMIT_REDIS_OPTIONS), or new Cluster(nodes, { enableOfflineQueue: false, redisOptions: RATE_LIMIT_REDIS_OPTIONS }).';
  if (options.enableOfflineQueue !== false)
    throw new ConfigurationError(
      `RedisRateLimitStore: this client queues commands while Redis is away, and requests would wait for it. ${fix}`,
    );
  const timeoutMs = (options.redisOptions ?? options).commandTimeout;
  if (timeoutMs === undefined || !(timeoutMs > 0 && timeoutMs <= MAX_TIMEOUT_MS))
    throw new ConfigurationError(
      `RedisRateLimitStore: the commandTimeout of this client must be from 1 to ${MAX_TIMEOUT_MS} ms, not ${String(timeoutMs)}. ${fix}`,
    );
}
