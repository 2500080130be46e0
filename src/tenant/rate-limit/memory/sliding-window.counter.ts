import type { CountedPolicy, PolicyState } from '../rate-limit.store.js';
import { MemoryCounter } from './memory-counter.js';

/** A window has twelve parts. The one it is leaving counts in full, so that there is never more than the limit. */
const PARTS = 12;
const KEPT = PARTS + 1;

export class SlidingWindowCounter extends MemoryCounter {
  readonly algorithm = 'sliding-window';
  readonly #partMs: number;
  /** For each part in which units were taken, the oldest first: which one since 1970 it is, and how many. */
  #parts: number[] = [];
  /** In all of them together. */
  #used = 0;

  constructor(policy: Pick<CountedPolicy, 'name' | 'windowMs'>) {
    super(policy);
    this.#partMs = Math.ceil(policy.windowMs / PARTS);
  }

  room({ limit }: CountedPolicy, now: number): number {
    return Math.max(0, limit - this.#usedIn(this.#partAt(now)));
  }

  take(_: CountedPolicy, units: number, now: number): void {
    const part = this.#partAt(now);
    this.#moveBackTo(part);
    if (units === 0) return;
    this.#forgetGone(part);
    const newest = this.#parts.length - 2;
    if (newest < 0) this.#parts = [part, units];
    else if (this.#parts[newest] === part) this.#parts[newest + 1] = this.#at(newest + 1) + units;
    else this.#parts.push(part, units);
    this.#used += units;
  }

  state({ limit }: CountedPolicy, cost: number, now: number): PolicyState {
    const used = this.#usedIn(this.#partAt(now));
    const remaining = Math.max(0, limit - used);
    return {
      remaining,
      resetMs: used === 0 ? 0 : this.#untilGone(1, now),
      retryMs: cost <= remaining ? 0 : cost > limit ? null : this.#untilGone(used + cost - limit, now),
    };
  }

  isOver(now: number): boolean {
    return this.#usedIn(this.#partAt(now)) === 0;
  }

  copy(): SlidingWindowCounter {
    const copy = new SlidingWindowCounter(this);
    copy.#parts = [...this.#parts];
    copy.#used = this.#used;
    return copy;
  }

  #partAt(now: number): number {
    return Math.floor(now / this.#partMs);
  }

  #at(index: number): number {
    return this.#parts[index] as number;
  }

  /** Where those that are not gone begin. */
  #firstIn(part: number): number {
    let first = 0;
    while (first < this.#parts.length && this.#at(first) + KEPT <= part) first += 2;
    return first;
  }

  #usedIn(part: number): number {
    const first = this.#firstIn(part);
    let used = this.#used;
    for (let at = 0; at < first; at += 2) used -= this.#at(at + 1);
    return used;
  }

  /** Milliseconds until as many of the units used have gone, the oldest first. */
  #untilGone(units: number, now: number): number {
    let at = this.#firstIn(this.#partAt(now));
    for (let gone = this.#at(at + 1); gone < units; gone += this.#at(at + 1)) at += 2;
    return (this.#at(at) + KEPT) * this.#partMs - now;
  }

  /** Where the clock was set back the newest part is the present one, and the others as long before it as they were. */
  #moveBackTo(part: number): void {
    const { length } = this.#parts;
    const ahead = length === 0 ? 0 : this.#at(length - 2) - part;
    if (ahead <= 0) return;
    for (let at = 0; at < length; at += 2) this.#parts[at] = this.#at(at) - ahead;
  }

  #forgetGone(part: number): void {
    const first = this.#firstIn(part);
    if (first === 0) return;
    this.#used = this.#usedIn(part);
    this.#parts = this.#parts.slice(first);
  }
}
