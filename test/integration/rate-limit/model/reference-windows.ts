import type { CountedPolicy, PolicyState } from '../../../../src/tenant/rate-limit/rate-limit.store.js';
import type { ReferenceCounter } from './reference-counter.js';

/** Fixed and sliding windows: each unit that was taken, by its part of a window. */
export class ReferenceWindows implements ReferenceCounter {
  /** @param kept how many parts count, the present one included */
  private constructor(
    private readonly partMs: number,
    private readonly kept: number,
    private readonly units: readonly number[] = [],
  ) {}

  static sliding({ windowMs }: CountedPolicy): ReferenceWindows {
    return new ReferenceWindows(Math.ceil(windowMs / 12), 13);
  }

  static fixed({ windowMs }: CountedPolicy): ReferenceWindows {
    return new ReferenceWindows(windowMs, 1);
  }

  presentAt(now: number): ReferenceWindows {
    const ahead = Math.max(0, Math.max(...this.units) - this.#part(now));
    return this.#with(this.units.map((part) => part - ahead));
  }

  room(now: number, { limit }: CountedPolicy): number {
    return Math.max(0, limit - this.#used(now));
  }

  taking(units: number, now: number): ReferenceWindows {
    return this.#with([...this.units, ...Array<number>(units).fill(this.#part(now))]);
  }

  state(now: number, policy: CountedPolicy, cost: number): PolicyState {
    const used = this.#used(now);
    const never = cost > policy.limit;
    return {
      remaining: this.room(now, policy),
      resetMs: used === 0 ? 0 : this.#until((then) => this.#used(then) < used, now),
      retryMs: cost === 0 ? 0 : never ? null : this.#until((then) => this.room(then, policy) >= cost, now),
    };
  }

  /** One part after the other, until it is so. */
  #until(isSo: (then: number) => boolean, now: number): number {
    if (isSo(now)) return 0;
    for (let part = this.#part(now) + 1; ; part += 1)
      if (isSo(part * this.partMs)) return part * this.partMs - now;
  }

  #used(now: number): number {
    return this.units.filter((part) => part > this.#part(now) - this.kept).length;
  }

  #part(now: number): number {
    return Math.floor(now / this.partMs);
  }

  #with(units: readonly number[]): ReferenceWindows {
    return new ReferenceWindows(this.partMs, this.kept, units);
  }
}
