import { randomInt } from 'node:crypto';
import type { QuotaStoreFixture } from '@parallax/tenant/testing';
import fc from 'fast-check';
import { InMemoryQuotaStore } from '../../../src/tenant/quotas/in-memory-quota.store.js';
import { PostgresQuotaStore } from '../../../src/tenant/quotas/postgres-quota.store.js';
import { MemoryQuotaFixture } from './contract/memory.fixture.js';
import { PostgresQuotaFixture } from './contract/postgres.fixture.js';
import { ModelRun } from './model/model-run.js';
import { program } from './model/steps.js';

const SEED = Number(process.env.MODEL_SEED ?? randomInt(2 ** 31));

/** Programs in all, as a multiple of what is enough for every day. */
const RUNS = Number(process.env.MODEL_RUNS ?? 1);
const TIMEOUT_MS = 120_000 * RUNS;

const agree = (
  numRuns: number,
  fixtureOf: () => Promise<QuotaStoreFixture>,
  check: (tenantId: string) => Promise<void> = () => Promise.resolve(),
): Promise<void> =>
  fc.assert(
    fc.asyncProperty(program, async (given) => {
      await check(await new ModelRun(await fixtureOf()).run(given));
    }),
    { seed: SEED, numRuns: numRuns * RUNS },
  );

describe(InMemoryQuotaStore.name, () => {
  it(
    `answers as the model does (seed ${SEED})`,
    () => agree(400, () => Promise.resolve(new MemoryQuotaFixture())),
    TIMEOUT_MS,
  );
});

describe(PostgresQuotaStore.name, () => {
  let fixture: PostgresQuotaFixture;
  beforeAll(async () => {
    fixture = await PostgresQuotaFixture.open();
  });
  afterAll(() => fixture.close());

  it(
    `answers as the model does, and has a ledger for it (seed ${SEED})`,
    () =>
      agree(
        80,
        () => fixture.empty(),
        async (tenantId) => {
          expect(await fixture.drift(tenantId)).toEqual([]);
        },
      ),
    TIMEOUT_MS,
  );
});
