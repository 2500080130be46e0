import type { DataSource } from 'typeorm';
import { planWith, type PlanPoliciesOptions } from './plan-policies.js';
import type { PolicyPlan } from './policy-plan.js';
import { inPolicyTransaction } from './policy-transaction.js';

export interface ApplyPoliciesOptions extends PlanPoliciesOptions {
  /**
   * How long to wait for a table in use, in milliseconds: behind who waits, every other query on it waits too.
   *
   * @default 5_000
   */
  readonly lockTimeoutMs?: number;
}

/**
 * Plans as {@link planPolicies} does, and runs the changes in one transaction: all of them or none, and no table is
 * met without a policy. Once more, it finds nothing to do.
 *
 * @returns what it ran, and the problems it leaves
 * @throws ConfigurationError when the data source does not log in as the owner that `tenancy setup` made
 * @throws QueryFailedError when a table stayed in use too long (SQLSTATE 55P03), or a statement failed
 * @example
 * const { changes } = await applyPolicies(dataSource, { lockTimeoutMs: 2_000 });
 */
export async function applyPolicies(
  dataSource: DataSource,
  { lockTimeoutMs = 5_000, ...options }: ApplyPoliciesOptions = {},
): Promise<PolicyPlan> {
  return await inPolicyTransaction(dataSource, lockTimeoutMs, async (queryRunner) => {
    const plan = await planWith(queryRunner, options);
    for (const { sql } of plan.changes) await queryRunner.query(sql);
    return plan;
  });
}
