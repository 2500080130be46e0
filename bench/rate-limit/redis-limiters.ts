import { ThrottlerStorageRedisService } from '@nest-lab/throttler-storage-redis';
import {
  RATE_LIMIT_REDIS_OPTIONS,
  RateLimiter,
  type RateLimitRedisClient,
  RedisRateLimitStore,
} from '@parallax/tenant';
import { Redis } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import type { OpenLimiter } from './limiter.js';
import { consumed, type LimiterName, throttled } from './memory-limiters.js';

export interface RedisLimiters {
  readonly open: Record<LimiterName, OpenLimiter>;
  /** Nobody has used anything. */
  readonly forgetAll: () => Promise<void>;
  readonly close: () => void;
}

/** Ten times what ours waits for Redis: a machine with more to do than this bench stands still now and then. */
const PATIENCE_MS = 1_000;

/** Has the timers of the client as it is to be made, but lets them wait longer. */
const patient = (client: Redis): RateLimitRedisClient => ({
  options: RATE_LIMIT_REDIS_OPTIONS,
  evalsha: (sha1, keyCount, ...args) => client.evalsha(sha1, keyCount, ...args),
  eval: (script, keyCount, ...args) => client.eval(script, keyCount, ...args),
  del: (...keys) => client.del(...keys),
});

/** The same three on one Redis, each with a connection of its own. */
export async function redisLimiters(port: number): Promise<RedisLimiters> {
  const ours = new Redis(port, '127.0.0.1', {
    ...RATE_LIMIT_REDIS_OPTIONS,
    commandTimeout: PATIENCE_MS,
    lazyConnect: true,
  });
  await ours.connect();
  const throttler = new Redis(port, '127.0.0.1');
  const flexible = new Redis(port, '127.0.0.1');
  const nothingToClose = (): void => undefined;
  return {
    open: {
      ours: ({ limit, windowSeconds }) => {
        const store = new RedisRateLimitStore(patient(ours));
        const limiter = new RateLimiter(store, undefined, { timeoutMs: PATIENCE_MS });
        const terms = { resource: 'calls', limit, window: windowSeconds };
        return {
          isAdmitted: async (key) => {
            const { allowed, decidedBy } = await limiter.tryConsume(terms, { key });
            if (decidedBy !== 'store') throw new Error(`Redis took longer than ${PATIENCE_MS} ms.`);
            return allowed;
          },
          close: nothingToClose,
        };
      },
      throttler: ({ limit, windowSeconds }) => {
        const storage = new ThrottlerStorageRedisService(throttler);
        return {
          isAdmitted: (key) => throttled(storage, key, limit, windowSeconds),
          close: nothingToClose,
        };
      },
      // As its documentation has it for speed: who has used up all is refused from memory.
      'rate-limiter-flexible': ({ limit, windowSeconds }) => {
        const limiter = new RateLimiterRedis({
          storeClient: flexible,
          points: limit,
          duration: windowSeconds,
          inMemoryBlockOnConsumed: limit + 1,
        });
        return { isAdmitted: (key) => consumed(limiter.consume(key)), close: nothingToClose };
      },
    },
    forgetAll: async () => {
      await throttler.flushall();
    },
    close: () => {
      for (const client of [ours, throttler, flexible]) client.disconnect();
    },
  };
}
