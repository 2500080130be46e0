import type { CountedPolicy, PolicyState, RateLimitAlgorithm } from '../rate-limit.store.js';

/** What one subject used of one policy. Moments are whole milliseconds since 1970. */
export abstract class MemoryCounter {
  abstract readonly algorithm: RateLimitAlgorithm;
  readonly name: string;
  readonly windowMs: number;

  // Not the policy itself: that would keep an object of each caller alive.
  constructor({ name, windowMs }: Pick<CountedPolicy, 'name' | 'windowMs'>) {
    this.name = name;
    this.windowMs = windowMs;
  }

  isOf({ name, algorithm, windowMs }: CountedPolicy): boolean {
    return this.name === name && this.windowMs === windowMs && this.algorithm === algorithm;
  }

  /** @returns whole units that may be taken, never negative */
  abstract room(policy: CountedPolicy, now: number): number;

  /**
   * Takes units there is room for. With none of them it only moves what is ahead of the clock to the present: a full
   * counter would otherwise move along with each refusal, and stay full until the clock has caught up.
   */
  abstract take(policy: CountedPolicy, units: number, now: number): void;

  /** How it stands after a take at the same moment. */
  abstract state(policy: CountedPolicy, cost: number, now: number): PolicyState;

  /** Whether it says the same as one nobody has used. */
  abstract isOver(now: number): boolean;

  abstract copy(): MemoryCounter;
}
