import type { Gauge } from './gauge.js';
import type { UnusualUsage } from './suspicious-activity.options.js';

const HOUR_SECONDS = 3_600;
const HOUR_MS = HOUR_SECONDS * 1_000;
const HOURS_KEPT = 24;

/** Counts a tenant's calls of this hour (UTC), and knows what is usual from the 24 before it. */
export class UsageBaseline implements Gauge {
  readonly windowSeconds = HOUR_SECONDS;
  count = 0;
  threshold = Infinity;
  /** Calls of hours that are over, the newest first. */
  #hours: number[] = [];
  #hour: number | undefined;
  /** The first hour was under way already. */
  #isWhole = false;

  constructor(private readonly unusual: UnusualUsage) {}

  advance(now: number): void {
    const hour = Math.floor(now / HOUR_MS);
    const passed = hour - (this.#hour ?? hour);
    this.#hour = hour;
    if (passed > 0) this.#roll(passed);
  }

  add(count: number): void {
    this.count += count;
  }

  #roll(passed: number): void {
    const silent = Array<number>(Math.min(passed - 1, HOURS_KEPT)).fill(0);
    const over = this.#isWhole ? [this.count] : [];
    this.#hours = [...silent, ...over, ...this.#hours].slice(0, HOURS_KEPT);
    this.#isWhole = true;
    this.count = 0;
    const { factor, calls, hours } = this.unusual;
    const usual = this.#hours.length < hours ? Infinity : median(this.#hours);
    this.threshold = Math.max(calls, Math.floor(factor * usual) + 1);
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [upper = 0, lower = upper] = [sorted[middle], sorted[sorted.length - 1 - middle]];
  return (lower + upper) / 2;
}
