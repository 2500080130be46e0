import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for what may never come: no longer than this many milliseconds. */
export async function until(isSo: () => boolean, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!isSo() && Date.now() < deadline) await sleep(5);
}
