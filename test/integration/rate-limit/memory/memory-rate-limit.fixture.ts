import type { RateLimitStoreFixture } from '@parallax/tenant/testing';
import { InMemoryRateLimitStore } from '../../../../src/tenant/rate-limit/in-memory-rate-limit.store.js';
import type { RateLimitStore } from '../../../../src/tenant/rate-limit/rate-limit.store.js';

/** A store in memory and the clock it goes by. */
export class MemoryRateLimitFixture implements RateLimitStoreFixture {
  readonly store: RateLimitStore;
  #now = 0;

  constructor(make: (now: () => number) => RateLimitStore = (now) => new InMemoryRateLimitStore({ now })) {
    this.store = make(() => this.#now);
  }

  moveTo(now: number): void {
    this.#now = now;
  }

  async close(): Promise<void> {
    // Nothing is open.
  }
}
