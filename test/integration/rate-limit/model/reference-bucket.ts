import type { CountedPolicy, PolicyState } from '../../../../src/tenant/rate-limit/rate-limit.store.js';
import { Fraction } from './fraction.js';
import type { ReferenceCounter } from './reference-counter.js';

const NONE = Fraction.of(0);

/** A token bucket: the moment at which it will be full, exactly. */
export class ReferenceBucket implements ReferenceCounter {
  constructor(private readonly fullAt = NONE) {}

  presentAt(now: number, policy: CountedPolicy): ReferenceBucket {
    if (isNothing(policy)) return this;
    const latest = Fraction.of(now).plus(timeFor(policy.burst, policy));
    return this.fullAt.isOver(latest) ? new ReferenceBucket(latest) : this;
  }

  room(now: number, policy: CountedPolicy): number {
    if (isNothing(policy)) return 0;
    const used = this.#untilFull(now).times(Fraction.of(policy.limit, policy.windowMs));
    return Fraction.of(policy.burst).minus(used).floor();
  }

  taking(units: number, now: number, policy: CountedPolicy): ReferenceBucket {
    if (units === 0) return this;
    return new ReferenceBucket(Fraction.of(now).plus(this.#untilFull(now)).plus(timeFor(units, policy)));
  }

  state(now: number, policy: CountedPolicy, cost: number): PolicyState {
    const remaining = this.room(now, policy);
    const never = isNothing(policy) || cost > policy.burst;
    const isFull = isNothing(policy) || remaining >= policy.burst;
    return {
      remaining,
      resetMs: isFull ? 0 : this.#untilRoom(remaining + 1, now, policy),
      retryMs: cost <= remaining ? 0 : never ? null : this.#untilRoom(cost, now, policy),
    };
  }

  #untilFull(now: number): Fraction {
    const until = this.fullAt.minus(Fraction.of(now));
    return until.isOver(NONE) ? until : NONE;
  }

  #untilRoom(units: number, now: number, policy: CountedPolicy): number {
    return this.#untilFull(now)
      .minus(timeFor(policy.burst - units, policy))
      .ceil();
  }
}

function isNothing({ limit, burst }: CountedPolicy): boolean {
  return limit === 0 || burst === 0;
}

function timeFor(units: number, { limit, windowMs }: CountedPolicy): Fraction {
  return Fraction.of(units * windowMs, limit);
}
