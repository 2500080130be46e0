import type { TenantStoreCase } from './contract-case.js';
import { FIND_CASES } from './find.cases.js';
import { INSERT_CASES } from './insert.cases.js';
import { LIST_CASES } from './list.cases.js';
import { PLAN_CASES } from './plan.cases.js';
import { UPDATE_CASES } from './update.cases.js';

/**
 * What every TenantStore promises, to be run against a store of your own. Each case needs an empty store, in which
 * tenants may be on version 1 of the plan `free`, and rejects with an AssertionError when a promise is broken. It
 * uses nothing of a test framework: the same cases run under Jest, Vitest and node:test.
 *
 * @example
 * describe('MyTenantStore', () => {
 *   for (const { name, run } of tenantStoreContract) it(name, async () => run(await emptyStore()));
 * });
 */
export const tenantStoreContract: readonly TenantStoreCase[] = [
  ...INSERT_CASES,
  ...FIND_CASES,
  ...UPDATE_CASES,
  ...PLAN_CASES,
  ...LIST_CASES,
];
