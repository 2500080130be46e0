import type { CountedPolicy, PolicyState } from '../rate-limit.store.js';
import { MemoryCounter } from './memory-counter.js';

/**
 * Generic cell rate: instead of units it keeps how long it takes until the bucket is full. That is kept as of the last
 * take: a moment since 1970 and a fraction of a millisecond do not go into one number.
 */
export class TokenBucketCounter extends MemoryCounter {
  readonly algorithm = 'token-bucket';
  #fullInMs = 0;
  #takenAt = 0;

  room(policy: CountedPolicy, now: number): number {
    const { limit, burst } = policy;
    if (limit === 0) return 0;
    const unitMs = this.windowMs / limit;
    return Math.floor((burst * unitMs - this.#usedMs(policy, now) + roundingOf(unitMs)) / unitMs);
  }

  take(policy: CountedPolicy, units: number, now: number): void {
    const { limit, burst } = policy;
    if (limit === 0 || burst === 0) return;
    const usedMs = this.#usedMs(policy, now);
    if (units === 0 && this.#fullInMsAt(now) <= usedMs) return;
    this.#fullInMs = usedMs + (units * this.windowMs) / limit;
    this.#takenAt = now;
  }

  state(policy: CountedPolicy, cost: number, now: number): PolicyState {
    const { burst } = policy;
    const remaining = this.room(policy, now);
    const canGrow = policy.limit > 0 && remaining < burst;
    const never = policy.limit === 0 || cost > burst;
    return {
      remaining,
      resetMs: canGrow ? this.#untilRoom(remaining + 1, policy, now) : 0,
      retryMs: cost <= remaining ? 0 : never ? null : this.#untilRoom(cost, policy, now),
    };
  }

  isOver(now: number): boolean {
    return this.#fullInMsAt(now) <= 0;
  }

  copy(): TokenBucketCounter {
    const copy = new TokenBucketCounter(this);
    copy.#fullInMs = this.#fullInMs;
    copy.#takenAt = this.#takenAt;
    return copy;
  }

  #fullInMsAt(now: number): number {
    return this.#fullInMs + (this.#takenAt - now);
  }

  /** An empty bucket at most: more is there after the clock was set back, or of a larger bucket. */
  #usedMs({ limit, burst }: CountedPolicy, now: number): number {
    return Math.min((burst * this.windowMs) / limit, Math.max(0, this.#fullInMsAt(now)));
  }

  /** Whole milliseconds. */
  #untilRoom(units: number, policy: CountedPolicy, now: number): number {
    const unitMs = this.windowMs / policy.limit;
    return Math.ceil(this.#usedMs(policy, now) - (policy.burst - units) * unitMs - roundingOf(unitMs));
  }
}

/** What a sum of intervals may be off by: units must neither be lost to it nor, at high rates, gained. */
function roundingOf(unitMs: number): number {
  return Math.min(unitMs / 1_000, 1e-6 + unitMs * 1e-9);
}
