import { CONCURRENCY_CASES } from './concurrency.cases.js';
import { CONSUME_CASES } from './consume.cases.js';
import type { QuotaStoreCase } from './contract-case.js';
import { ENFORCEMENT_CASES } from './enforcement.cases.js';
import { EXPIRY_CASES } from './expiry.cases.js';
import { KEY_CASES } from './key.cases.js';
import { PERIOD_CASES } from './period.cases.js';
import { RACE_CASES } from './race.cases.js';
import { RESERVE_CASES } from './reserve.cases.js';
import { TENANT_CASES } from './tenant.cases.js';
import { TOGETHER_CASES } from './together.cases.js';
import { UPKEEP_CASES } from './upkeep.cases.js';

/**
 * What every QuotaStore promises, to be run against a store of your own. Each case needs an empty store in a
 * QuotaStoreFixture, and rejects with an AssertionError when a promise is broken. It uses nothing of a test
 * framework: the same cases run under Jest, Vitest and node:test.
 *
 * @example
 * describe('MyQuotaStore', () => {
 *   for (const { name, run } of quotaStoreContract) it(name, async () => run(await emptyFixture()));
 * });
 */
export const quotaStoreContract: readonly QuotaStoreCase[] = [
  ...CONSUME_CASES,
  ...RESERVE_CASES,
  ...EXPIRY_CASES,
  ...KEY_CASES,
  ...TOGETHER_CASES,
  ...ENFORCEMENT_CASES,
  ...PERIOD_CASES,
  ...CONCURRENCY_CASES,
  ...TENANT_CASES,
  ...UPKEEP_CASES,
  ...RACE_CASES,
];
