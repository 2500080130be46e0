import type { Gauge } from './gauge.js';

/** Parts a window is counted in: what is told to be within it is, and what is nearly as old as it may be left out. */
const PARTS = 10;

/** Counts what came within a window that moves. */
export class ActivityWindow implements Gauge {
  count = 0;
  readonly #partMs: number;
  /** The newest first. */
  readonly #parts: number[] = Array<number>(PARTS).fill(0);
  #newest = 0;

  constructor(
    readonly threshold: number,
    readonly windowSeconds: number,
  ) {
    this.#partMs = (windowSeconds * 1_000) / PARTS;
  }

  advance(now: number): void {
    const newest = Math.floor(now / this.#partMs);
    // A clock that was set back takes along what was counted.
    for (let steps = Math.min(newest - this.#newest, PARTS); steps > 0; steps -= 1) {
      this.#parts.unshift(0);
      this.count -= this.#parts.pop() ?? 0;
    }
    this.#newest = newest;
  }

  add(count: number): void {
    this.#parts[0] = (this.#parts[0] ?? 0) + count;
    this.count += count;
  }
}
