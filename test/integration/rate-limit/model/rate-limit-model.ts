import { randomInt } from 'node:crypto';
import type { RateLimitStoreFixture } from '@parallax/tenant/testing';
import fc from 'fast-check';
import { ModelRun } from './model-run.js';
import { program } from './steps.js';

const SEED = Number(process.env.PROPERTY_SEED ?? randomInt(2 ** 31));

/** Programs in all, as a multiple of what is enough for every day. */
const RUNS = Number(process.env.MODEL_RUNS ?? 1);

/**
 * Random programs, each on subjects of its own, answered as an exact reference answers them: every algorithm, several
 * policies in one call, several calls at once, limits that change, a clock that is set by an hour.
 */
export function rateLimitModel(
  open: () => Promise<RateLimitStoreFixture & { close(): Promise<void> }>,
  { runs = 100 } = {},
): void {
  let fixture: Awaited<ReturnType<typeof open>>;
  beforeAll(async () => {
    fixture = await open();
  });
  afterAll(() => fixture.close());

  it(
    `answers as the reference does (seed ${SEED})`,
    () =>
      fc.assert(
        fc.asyncProperty(program, (given) => new ModelRun(fixture).run(given)),
        { seed: SEED, numRuns: runs * RUNS },
      ),
    120_000 * RUNS,
  );
}
