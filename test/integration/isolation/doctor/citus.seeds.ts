import type { Seed } from './seed.js';
import { MIXED, TABLE, alterPolicy, placed, scoped } from './seed-statements.js';

export const CITUS_SEEDS: readonly Seed[] = [
  { rule: 'citus-mixed-table', object: 'mixed', engine: 'citus', seed: MIXED },
  {
    rule: 'citus-foreign-key-target',
    object: 'agents',
    engine: 'citus',
    seed: ['ALTER TABLE agents ADD FOREIGN KEY (tenant_id) REFERENCES tenants'],
  },
  {
    rule: 'citus-foreign-key-target',
    object: 'extra',
    engine: 'citus',
    seed: [
      TABLE,
      'ALTER TABLE extra OWNER TO $owner',
      'ALTER TABLE extra ADD FOREIGN KEY (tenant_id, other) REFERENCES agents',
    ],
  },
  {
    rule: 'citus-set-null',
    object: 'extra',
    engine: 'citus',
    seed: [
      TABLE,
      ...scoped('extra'),
      'ALTER TABLE extra ADD FOREIGN KEY (tenant_id, other) REFERENCES agents (tenant_id, id) ON DELETE SET NULL (other)',
    ],
  },
  { rule: 'citus-trigger', object: 'agents', engine: 'citus', seed: [] },
  {
    rule: 'citus-sub-select-policy',
    object: 'agents',
    engine: 'citus',
    seed: [
      `CREATE FUNCTION public.tenant_scope() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'SELECT NULL::uuid'`,
      'ALTER FUNCTION tenant_scope() OWNER TO $owner',
      'REVOKE EXECUTE ON FUNCTION tenant_scope() FROM PUBLIC',
      'GRANT EXECUTE ON FUNCTION tenant_scope() TO $tenantApp',
      alterPolicy('tenant_id = (SELECT tenant_scope())'),
    ],
    also: ['scope-function-altered'],
  },
  {
    rule: 'citus-role-cannot-log-in',
    object: '$tenantApp',
    engine: 'citus',
    seed: ['ALTER ROLE $tenantApp NOLOGIN'],
  },
  {
    rule: 'citus-not-distributed',
    object: 'agents',
    engine: 'citus',
    seed: [...placed(`('plans', 'n', 2)`)],
  },
  {
    rule: 'citus-not-distributed',
    object: 'plans',
    engine: 'citus',
    seed: [...placed(`('agents', 'h', 1)`)],
  },
  {
    rule: 'citus-not-colocated',
    object: 'extra',
    engine: 'citus',
    seed: [
      TABLE,
      ...scoped('extra'),
      'CREATE TABLE third (LIKE extra INCLUDING ALL)',
      ...scoped('third'),
      ...placed(`('agents', 'h', 1), ('third', 'h', 1), ('plans', 'n', 2), ('extra', 'h', 3)`),
    ],
  },
];
