import { performance } from 'node:perf_hooks';

/** What one variant did in one round. */
export interface Round {
  /** Requests a second. */
  readonly rate: number;
  /** Of one request, in milliseconds: half of them took less. */
  readonly p50: number;
}

export interface RoundOptions {
  readonly rounds: number;
  readonly millisecondsEach: number;
  readonly concurrency: number;
}

/**
 * Runs the variants in turn, round after round, so that what slows the machine slows all of them; the first round warms
 * up and is not counted. Every second round goes backwards.
 */
export async function alternate<Name extends string>(
  variants: Readonly<Record<Name, () => Promise<unknown>>>,
  options: RoundOptions,
): Promise<Record<Name, Round[]>> {
  const names = Object.keys(variants) as Name[];
  const measured = Object.fromEntries(names.map((name) => [name, [] as Round[]])) as Record<Name, Round[]>;
  for (let round = 0; round <= options.rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      const result = await runFor(variants[name], options);
      if (round > 0) measured[name].push(result);
    }
  }
  return measured;
}

async function runFor(
  request: () => Promise<unknown>,
  { concurrency, millisecondsEach }: RoundOptions,
): Promise<Round> {
  const times: number[] = [];
  const start = performance.now();
  const until = start + millisecondsEach;
  const worker = async (): Promise<void> => {
    for (let before = performance.now(); before < until;) {
      await request();
      const after = performance.now();
      times.push(after - before);
      before = after;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return { rate: (times.length * 1_000) / (performance.now() - start), p50: median(times) };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

/** How much faster the first went, as the median over the rounds of what the two did in the same round. */
export function ratioOf(ours: readonly Round[], theirs: readonly Round[]): number {
  return median(ours.map(({ rate }, at) => rate / (theirs[at]?.rate ?? rate)));
}
