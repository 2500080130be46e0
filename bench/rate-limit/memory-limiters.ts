import { ThrottlerStorageService } from '@nestjs/throttler';
import { InMemoryRateLimitStore, type InMemoryRateLimitStoreOptions, RateLimiter } from '@parallax/tenant';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { OpenLimiter, Terms } from './limiter.js';

export type LimiterName = 'ours' | 'throttler' | 'rate-limiter-flexible';

/** As the three are used by default, in the memory of this process. */
export const memoryLimiters: Record<LimiterName, OpenLimiter> = {
  ours: (terms) => ownLimiter(terms),
  throttler: ({ limit, windowSeconds }) => {
    const storage = new ThrottlerStorageService();
    return {
      isAdmitted: (key) => throttled(storage, key, limit, windowSeconds),
      sweep: () => {
        (storage as unknown as Sweeping).evictIdleRecords();
      },
      close: () => storage.onApplicationShutdown(),
    };
  },
  'rate-limiter-flexible': ({ limit, windowSeconds }) => {
    const limiter = new RateLimiterMemory({ points: limit, duration: windowSeconds });
    const keys = new Set<string>();
    return {
      isAdmitted: (key) => {
        keys.add(key);
        return consumed(limiter.consume(key));
      },
      // Its timers would go off while others are measured.
      close: async () => {
        for (const key of keys) await limiter.delete(key);
      },
    };
  },
};

export function ownLimiter(
  { limit, windowSeconds }: Terms,
  options: InMemoryRateLimitStoreOptions = {},
): ReturnType<OpenLimiter> {
  const limiter = new RateLimiter(new InMemoryRateLimitStore(options));
  const terms = { resource: 'calls', limit, window: windowSeconds };
  return {
    isAdmitted: async (key) => (await limiter.tryConsume(terms, { key })).allowed,
    close: () => undefined,
  };
}

/** Private there. */
interface Sweeping {
  evictIdleRecords(): void;
}

interface Throttling {
  increment: ThrottlerStorageService['increment'];
}

/** With the arguments that ThrottlerGuard gives when nothing else is said: who is over the limit is blocked for the window. */
export async function throttled(
  storage: Throttling,
  key: string,
  limit: number,
  windowSeconds: number,
): Promise<boolean> {
  const ttl = windowSeconds * 1_000;
  const { isBlocked } = await storage.increment(key, ttl, limit, ttl, 'default');
  return !isBlocked;
}

/** rate-limiter-flexible rejects with what it counted, and with an error when something went wrong. */
export async function consumed(call: Promise<RateLimiterRes>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (refusal) {
    if (refusal instanceof RateLimiterRes) return false;
    throw refusal;
  }
}
