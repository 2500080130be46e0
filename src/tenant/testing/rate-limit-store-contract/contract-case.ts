import type { CountedPolicy, RateLimitAlgorithm } from '../../rate-limit/rate-limit.store.js';
import type { RateLimitStoreFixture } from './rate-limit-store-fixture.js';

/** One promise of a RateLimitStore. */
export interface RateLimitStoreCase {
  readonly name: string;
  /** Rejects when the store breaks the promise. */
  run(fixture: RateLimitStoreFixture): Promise<void>;
}

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
/** Where windows and buckets of a minute begin. */
export const START = Date.UTC(2040, 2, 10, 12);

export const ALGORITHMS: readonly RateLimitAlgorithm[] = ['sliding-window', 'fixed-window', 'token-bucket'];

/** A limit per minute, the burst of a token bucket being the limit, unless told otherwise. */
export function limitOf(
  algorithm: RateLimitAlgorithm,
  limit: number,
  { windowMs = MINUTE, burst = limit, name = 'requests' } = {},
): CountedPolicy {
  return { name, algorithm, limit, windowMs, burst };
}

/** The same promise of each algorithm. */
export function ofEachAlgorithm(
  name: string,
  run: (fixture: RateLimitStoreFixture, algorithm: RateLimitAlgorithm) => Promise<void>,
): RateLimitStoreCase[] {
  return ALGORITHMS.map((algorithm) => ({
    name: `${algorithm}: ${name}`,
    run: (fixture) => run(fixture, algorithm),
  }));
}
