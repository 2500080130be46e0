import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Arrivals {
  readonly perSecond: number;
  readonly milliseconds: number;
}

/**
 * Calls at a fixed rate, however slowly they are answered, as callers come who know nothing of each other. Each is
 * timed from when it was to start.
 *
 * @returns how long each took, in milliseconds
 */
export async function openLoop(
  request: () => Promise<unknown>,
  { perSecond, milliseconds }: Arrivals,
): Promise<number[]> {
  const arrivals = Math.floor((perSecond * milliseconds) / 1_000);
  const start = performance.now();
  const times: number[] = [];
  const under: Promise<void>[] = [];
  const one = async (due: number): Promise<void> => {
    await request();
    times.push(performance.now() - due);
  };
  while (under.length < arrivals) {
    const due = start + (under.length * 1_000) / perSecond;
    if (due > performance.now()) await sleep(1);
    else under.push(one(due));
  }
  await Promise.all(under);
  return times;
}

export function percentile(values: readonly number[], which: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil((which / 100) * sorted.length) - 1)] ?? 0;
}
