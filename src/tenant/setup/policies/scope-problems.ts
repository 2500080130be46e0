import type { QueryRunner } from 'typeorm';
import type { ScopeForm } from '../../isolation/migrations/policies.js';
import type { PolicyProblem } from './policy-plan.js';

/** Policies that ask for a proof where none can be right. */
export async function scopeProblems(
  queryRunner: Pick<QueryRunner, 'query'>,
  scope: ScopeForm,
): Promise<PolicyProblem[]> {
  if (scope === 'setting') return [];
  const [row] = (await queryRunner.query('SELECT EXISTS (SELECT FROM tenant_scope_keys) AS keyed')) as [
    { keyed: boolean },
  ];
  if (row.keyed) return [];
  const problem = 'it has no key, so no tenant is let in; set one with tenancy policies sign';
  return [{ table: 'tenant_scope_keys', problem, open: true }];
}
