import type { CountedPolicy, RateLimitRequest } from '../rate-limit.store.js';

/** What one process allows itself of each limit while nobody counts for all: at least 1 of what is not 0. */
export class LocalShare {
  readonly #shares = new WeakMap<CountedPolicy, CountedPolicy>();

  /** @param share above 0, at most 1 */
  constructor(private readonly share: number) {}

  of(requests: readonly RateLimitRequest[]): RateLimitRequest[] {
    return requests.map(({ policy, cost }) => {
      const share = this.#ofPolicy(policy);
      // What fits in the limit itself must not be told that it never fits.
      return { policy: share, cost: cost > policy.burst ? cost : Math.min(cost, share.burst) };
    });
  }

  #ofPolicy(policy: CountedPolicy): CountedPolicy {
    let share = this.#shares.get(policy);
    if (!share) {
      share = { ...policy, limit: this.#ofUnits(policy.limit), burst: this.#ofUnits(policy.burst) };
      this.#shares.set(policy, share);
    }
    return share;
  }

  #ofUnits(units: number): number {
    return units === 0 ? 0 : Math.max(1, Math.floor(units * this.share));
  }
}
