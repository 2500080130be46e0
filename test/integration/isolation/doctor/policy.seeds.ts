import type { Seed } from './seed.js';
import { OTHER, ROW, TENANTS_OWN, alterPolicy, dropPolicies, policy } from './seed-statements.js';

export const POLICY_SEEDS: readonly Seed[] = [
  { rule: 'policy-missing', object: 'agents', seed: [...dropPolicies()] },
  {
    rule: 'policy-always-true',
    object: 'agents',
    seed: [policy('p', 'TO $tenantApp USING (true)')],
  },
  {
    rule: 'policy-always-true',
    object: 'agents',
    seed: [policy('p', 'FOR INSERT TO $tenantApp WITH CHECK (true)')],
  },
  {
    rule: 'policy-flag',
    object: 'agents',
    seed: [policy('p', `TO $tenantApp USING (current_setting('app.is_admin', true) = 'on')`)],
  },
  {
    rule: 'policy-flag',
    object: 'agents',
    seed: [policy('p', `TO $tenantApp USING (${TENANTS_OWN} OR current_setting('app.all') = 'on')`)],
  },
  {
    rule: 'policy-lenient',
    object: 'agents',
    seed: [
      policy(
        'p',
        `TO $tenantApp USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)`,
      ),
    ],
  },
  { rule: 'policy-wrong-role', object: 'agents', seed: [policy('p', `USING (${TENANTS_OWN})`)] },
  { rule: 'policy-wrong-role', object: 'agents', seed: [policy('p', `TO $login USING (${TENANTS_OWN})`)] },
  {
    rule: 'policy-altered',
    object: 'agents',
    seed: [alterPolicy(`tenant_id IS NOT DISTINCT FROM current_setting('app.tenant_id')::uuid`)],
  },
  { rule: 'policy-altered', object: 'agents', seed: [alterPolicy('tenant_id IS NOT NULL', TENANTS_OWN)] },
  { rule: 'policy-altered', object: 'agents', seed: [alterPolicy(TENANTS_OWN, 'tenant_id IS NOT NULL')] },
  { rule: 'policy-foreign', object: 'agents', seed: [policy('p', `TO $tenantApp USING (name = 'public')`)] },
  { rule: 'policy-foreign', object: 'agents', seed: [policy('p', `TO $owner USING (name = 'public')`)] },
  {
    rule: 'canary-read',
    object: 'agents',
    seed: [...ROW, policy('p', 'TO $tenantApp USING (true)'), `SET LOCAL app.tenant_id = ${OTHER}`],
    also: ['policy-always-true'],
  },
];
