import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Limiter } from './limiter.js';

/** Which calls are made: as many are admitted as refused. */
export interface Workload {
  readonly name: string;
  readonly limit: number;
  readonly keys: readonly string[];
  /** For each call the position of its key. */
  readonly order: Uint32Array;
}

/** One key after the other is called until it has been refused as often as it was admitted. */
export function oneKeyAtATime(keyCount: number, limit: number): Workload {
  return {
    name: '1 key',
    limit,
    keys: keysOf(keyCount),
    order: Uint32Array.from({ length: keyCount * limit * 2 }, (_, call) => Math.floor(call / (limit * 2))),
  };
}

/** Each key is called twice, at any two moments: the first call is admitted, the second refused. */
export function manyKeys(keyCount: number): Workload {
  const order = Uint32Array.from({ length: keyCount * 2 }, (_, call) => call % keyCount);
  shuffle(order);
  return { name: '100k keys', limit: 1, keys: keysOf(keyCount), order };
}

/** As long as the uuid of a tenant, which they would be. */
function keysOf(count: number): string[] {
  return Array.from(
    { length: count },
    (_, at) => `00000000-0000-4000-8000-${at.toString(16).padStart(12, '0')}`,
  );
}

/** Seeded, so that each run makes the same calls. */
function shuffle(values: Uint32Array): void {
  let state = 1;
  for (let last = values.length - 1; last > 0; last -= 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = Math.floor((state / 4_294_967_296) * (last + 1));
    [values[last], values[other]] = [values[other] as number, values[last] as number];
  }
}

/** In memory nothing waits: without a turn now and then the event loop would stand still. */
const CALLS_A_TURN = 500;

/** Makes the calls, so many at a time. @returns decisions a second. Fails when not exactly half of them were admitted. */
export async function decisionsPerSecond(
  limiter: Limiter,
  { name, keys, order, limit }: Workload,
  callers: number,
): Promise<number> {
  let [next, admitted] = [0, 0];
  const caller = async (): Promise<void> => {
    while (next < order.length) {
      const key = keys[order[next] as number] as string;
      next += 1;
      if (await limiter.isAdmitted(key)) admitted += 1;
      if (callers === 1 && next % CALLS_A_TURN === 0) await nextTurn();
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: callers }, caller));
  const seconds = (performance.now() - startedAt) / 1_000;
  if (admitted !== keys.length * limit)
    throw new Error(`${name}: ${admitted} were admitted of ${keys.length * limit}.`);
  return order.length / seconds;
}
