import { inTemplate, type Mutation, spec } from '../mutation.js';

const RLS = 'src/tenant/isolation/migrations/row-level-security.ts';
const POLICIES = 'src/tenant/isolation/migrations/policies.ts';
const KEYS = 'src/tenant/isolation/orm/tenant-keys.ts';
const SIGNED = 'src/tenant/isolation/migrations/signed-scope.ts';
const LIMITS = 'src/tenant/isolation/migrations/allocation-limits.ts';
const COUNTED = 'src/tenant/quotas/migrations/allocation.function.ts';
const quotas = (name: string): string => `test/integration/quotas/${name}.integration-spec.ts`;
const RECONCILE = 'src/tenant/quotas/reconcile-allocation.ts';

const OWN = `setting: "tenant_id = current_setting('app.tenant_id')::uuid"`;

const rls = spec('row-level-security');
const tables = spec('row-level-security-tables');

/** What PostgreSQL enforces. */
export const schemaMutations: readonly Mutation[] = [
  {
    id: 'force',
    protects: 'rows from the owner of the table',
    edit: { file: RLS, find: ', FORCE ROW LEVEL SECURITY, `', replace: ', `' },
    suites: [rls],
    quick: true,
  },
  {
    id: 'enable',
    protects: 'rows of other tenants',
    edit: { file: RLS, find: 'ENABLE ROW LEVEL SECURITY, FORCE', replace: 'FORCE' },
    suites: [rls],
  },
  {
    id: 'policy',
    protects: 'rows of other tenants',
    edit: {
      file: POLICIES,
      find: OWN,
      replace: "setting: 'true'",
    },
    suites: [rls],
    quick: true,
  },
  {
    id: 'policy-check',
    protects: 'other tenants from rows written for them',
    edit: { file: POLICIES, find: '` WITH CHECK (${expression})`', replace: '` WITH CHECK (true)`' },
    suites: [rls],
  },
  {
    id: 'missing-ok',
    protects: 'against silence where the setting is missing',
    edit: {
      file: POLICIES,
      find: OWN,
      replace: `setting: "tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid"`,
    },
    suites: [rls],
  },
  {
    id: 'is-not-distinct',
    protects: 'rows without a tenant from whoever has none',
    edit: {
      file: POLICIES,
      find: OWN,
      replace: `setting: "tenant_id IS NOT DISTINCT FROM nullif(current_setting('app.tenant_id', true), '')::uuid"`,
    },
    suites: [rls, tables],
  },
  {
    id: 'platform-policy',
    protects: 'tenants that platform work did not name',
    edit: {
      file: POLICIES,
      find: `const NAMED = "tenant_id = ANY (current_setting('app.tenant_ids')::uuid[])";`,
      replace: `const NAMED = 'true';`,
    },
    suites: [rls, tables],
  },
  {
    id: 'shared-rows',
    protects: 'shared rows of a mixed table from tenants who write',
    edit: {
      file: POLICIES,
      find: `policy('tenant_shared', roles.tenantApp, 'SELECT', SHARED)`,
      replace: `policy('tenant_shared', roles.tenantApp, 'ALL', SHARED)`,
    },
    suites: [tables],
  },
  {
    id: 'stamp-by-default',
    protects: 'raw inserts from having no tenant',
    edit: {
      file: RLS,
      find: "SET DEFAULT current_setting('app.tenant_id')::uuid`",
      replace: 'SET DEFAULT NULL`',
    },
    suites: [rls, tables],
  },
  {
    id: 'grant-truncate',
    protects: 'all rows from TRUNCATE, which asks no policy',
    edit: {
      file: RLS,
      find: '`GRANT SELECT, INSERT, UPDATE, DELETE ON ${name} TO ${tenantApp}, ${writer}`',
      replace: '`GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ${name} TO ${tenantApp}, ${writer}`',
    },
    suites: [rls, tables],
  },
  {
    id: 'shared-table',
    protects: 'tables of all tenants from one of them',
    edit: {
      file: RLS,
      find: '`GRANT SELECT ON ${name} TO ${tenantApp}, ${reader}`',
      replace: '`GRANT SELECT, INSERT, UPDATE, DELETE ON ${name} TO ${tenantApp}, ${reader}`',
    },
    suites: [tables],
  },
  {
    id: 'set-config',
    protects: 'the scope from a statement that sets it',
    edit: inTemplate('GRANT EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) TO PUBLIC'),
    suites: [spec('tenant-client')],
    tests: 'cannot reach the setting',
    quick: true,
  },
  {
    id: 'create-on-schema',
    protects: 'the schema from objects of tenants',
    edit: inTemplate('GRANT CREATE ON SCHEMA public TO PUBLIC'),
    suites: ['test/integration/database/setup-roles.integration-spec.ts'],
  },
  {
    id: 'advisory-lock',
    protects: 'connections from session state that stays',
    edit: inTemplate('GRANT EXECUTE ON FUNCTION pg_catalog.pg_advisory_lock(bigint) TO PUBLIC'),
    suites: [spec('tenant-client')],
    tests: 'leaves no lock and no message',
  },
  {
    id: 'primary-key',
    protects: 'the ids of other tenants',
    edit: {
      file: KEYS,
      find: "    if (declaredTenancy(metadata) === 'scoped') leadPrimaryKey(metadata, column);\n",
      replace: '',
    },
    suites: [spec('net1-schema')],
  },
  {
    id: 'unique-key',
    protects: 'from learning what other tenants have by a conflict',
    edit: { file: KEYS, find: '    leadUniques(metadata, column, naming);\n', replace: '' },
    suites: [spec('net1-schema')],
  },
  {
    id: 'foreign-key',
    protects: 'rows of other tenants from being referenced',
    edit: {
      file: KEYS,
      find: '  for (const { metadata, column } of owned) leadForeignKeys(metadata, column, naming);\n',
      replace: '',
    },
    suites: [spec('net1-schema')],
  },
  {
    id: 'allocation-limit',
    protects: 'the limit of a plan',
    edit: { file: COUNTED, find: 'IF counter.used + added > ceiling THEN', replace: 'IF false THEN' },
    suites: [spec('allocation-limits'), quotas('allocation-units')],
  },
  {
    id: 'allocation-limit-without-quotas',
    protects: 'the limit of a plan in a database without quotas',
    edit: {
      file: LIMITS,
      find: 'WHERE allowed IS NULL OR a.used < allowed;',
      replace: 'WHERE true;',
    },
    suites: [quotas('migrations')],
  },
  {
    id: 'allocation-turns',
    protects: 'the limit of a plan from who inserts at the same time',
    edit: {
      file: COUNTED,
      find: 'AND a.resource = counted FOR NO KEY UPDATE;',
      replace: 'AND a.resource = counted;',
    },
    suites: [quotas('allocation-units')],
  },
  {
    id: 'allocation-units-trigger',
    protects: 'the limit of a plan from a trigger that changes what is counted',
    edit: {
      file: LIMITS,
      find: 'AFTER UPDATE ${on}',
      replace: 'AFTER UPDATE OF ${pg.escapeIdentifier(column)} ${on}',
    },
    suites: [quotas('allocation-units')],
  },
  {
    id: 'reconcile-lock',
    protects: 'a counter that is set right from who writes at the same time',
    edit: { file: RECONCILE, find: "'FOR NO KEY UPDATE'", replace: "''" },
    suites: [quotas('allocation-reconcile')],
  },
  {
    id: 'quota-functions-grant',
    protects: 'the functions that count from being called by tenants',
    edit: {
      file: 'src/tenant/quotas/migrations/create-quotas.ts',
      find: 'REVOKE EXECUTE ON FUNCTION ${name} FROM PUBLIC',
      replace: 'GRANT EXECUTE ON FUNCTION ${name} TO PUBLIC',
    },
    suites: [quotas('allocation-reach')],
  },
  {
    id: 'allocation-trigger',
    protects: 'the limit of a plan from a row that changes its tenant',
    edit: {
      file: LIMITS,
      find: 'AFTER INSERT OR DELETE OR UPDATE OF tenant_id',
      replace: 'AFTER INSERT OR DELETE',
    },
    suites: [spec('allocation-limits')],
  },
  {
    id: 'signed-policy',
    protects: 'the scope from a statement that sets it, where its proof is asked for',
    edit: {
      file: POLICIES,
      find: "signed: 'tenant_id = (SELECT tenant_scope())'",
      replace: `signed: "tenant_id = current_setting('app.tenant_id')::uuid"`,
    },
    suites: [spec('signed-scope-database')],
  },
  {
    id: 'proof-mac',
    protects: 'the scope from a proof that nobody signed',
    edit: {
      file: SIGNED,
      find: 'WHERE sha256(sha256(k.outer_key',
      replace: 'WHERE true OR sha256(sha256(k.outer_key',
    },
    suites: [spec('signed-scope-database')],
  },
  {
    id: 'proof-expiry',
    protects: 'the scope from a proof of long ago',
    edit: { file: SIGNED, find: '<= transaction_timestamp()', replace: "<= '-infinity'" },
    suites: [spec('signed-scope-database')],
  },
  {
    id: 'scope-keys-grant',
    protects: 'the keys of proofs from who may read',
    edit: {
      file: SIGNED,
      find: '`REVOKE ALL ON ${schema}.tenant_scope_keys FROM PUBLIC`',
      replace: '`GRANT SELECT ON ${schema}.tenant_scope_keys TO PUBLIC`',
    },
    suites: [spec('signed-scope-database')],
  },
];
