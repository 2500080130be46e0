import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again and again until the answer is true. How long it took is for nobody to assert. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  patienceMs = 45_000,
): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Never happened: ${what}`);
    await sleep(10);
  }
}
