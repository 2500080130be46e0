import type { CountedPolicy, PolicyState } from '../rate-limit.store.js';
import { MemoryCounter } from './memory-counter.js';

export class FixedWindowCounter extends MemoryCounter {
  readonly algorithm = 'fixed-window';
  /** Which window since 1970 it counts. */
  #window = 0;
  #used = 0;

  room({ limit }: CountedPolicy, now: number): number {
    return Math.max(0, limit - this.#usedIn(this.#windowAt(now)));
  }

  take(_: CountedPolicy, units: number, now: number): void {
    const window = this.#windowAt(now);
    if (units === 0 && window >= this.#window) return;
    this.#used = this.#usedIn(window) + units;
    this.#window = window;
  }

  state({ limit }: CountedPolicy, cost: number, now: number): PolicyState {
    const window = this.#windowAt(now);
    const used = this.#usedIn(window);
    const remaining = Math.max(0, limit - used);
    const endsInMs = (window + 1) * this.windowMs - now;
    return {
      remaining,
      resetMs: used === 0 ? 0 : endsInMs,
      retryMs: cost <= remaining ? 0 : cost > limit ? null : endsInMs,
    };
  }

  isOver(now: number): boolean {
    return this.#usedIn(this.#windowAt(now)) === 0;
  }

  copy(): FixedWindowCounter {
    const copy = new FixedWindowCounter(this);
    copy.#window = this.#window;
    copy.#used = this.#used;
    return copy;
  }

  #windowAt(now: number): number {
    return Math.floor(now / this.windowMs);
  }

  #usedIn(window: number): number {
    return window > this.#window ? 0 : this.#used;
  }
}
