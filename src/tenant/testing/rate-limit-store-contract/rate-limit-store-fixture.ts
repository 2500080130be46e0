import type { RateLimitStore } from '../../rate-limit/rate-limit.store.js';

/** A store under test, and its clock. Each case counts under subjects of its own: one store may serve them all. */
export interface RateLimitStoreFixture {
  readonly store: RateLimitStore;
  /**
   * Sets the store's clock, forward or back, and stops it there: for a store that takes a clock, the clock; for one
   * that goes by a server's, put another in the place of the server's.
   *
   * @param now milliseconds since 1970
   */
  moveTo(now: number): Promise<void> | void;
}
