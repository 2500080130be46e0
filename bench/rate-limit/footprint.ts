import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Limiter, OpenLimiter } from './limiter.js';

const CALLS_A_TURN = 100;

/** Bytes of heap that each key takes once it was called so often. */
export async function bytesPerKey(limiter: Limiter, keys: readonly string[], calls: number): Promise<number> {
  const before = heapUsed();
  await callEach(limiter, keys, calls);
  const bytes = (heapUsed() - before) / keys.length;
  await limiter.close();
  return bytes;
}

/**
 * The longest time, in milliseconds, that the event loop stood still while all keys were called and their windows went
 * by, what a timer sweeps up included.
 */
export async function longestPause(open: OpenLimiter, keys: readonly string[]): Promise<number> {
  const windowSeconds = 2;
  const limiter = open({ limit: 10, windowSeconds });
  heapUsed();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await callEach(limiter, keys, 2);
  await sleep(windowSeconds * 1_000 + 500);
  limiter.sweep?.();
  await nextTurn();
  await callEach(limiter, keys, 1);
  await sleep(10);
  delay.disable();
  await limiter.close();
  return delay.max / 1e6;
}

export async function callEach(limiter: Limiter, keys: readonly string[], calls: number): Promise<void> {
  for (let call = 0; call < calls; call += 1) {
    for (const [at, key] of keys.entries()) {
      await limiter.isAdmitted(key);
      if (at % CALLS_A_TURN === 0) await nextTurn();
    }
  }
}

function heapUsed(): number {
  if (!global.gc) throw new Error('Run it by npm run bench:rate-limit, which gives node --expose-gc.');
  global.gc();
  return process.memoryUsage().heapUsed;
}
