import pg from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import type { DatabaseRoles } from '../../isolation/database-roles.js';
import { rolesOfMigration } from '../../isolation/migrations/identifiers.js';
import {
  dropPolicy,
  policiesOf,
  type Policy,
  type TableTenancy,
} from '../../isolation/migrations/policies.js';
import { scopeFormOf } from '../../isolation/migrations/signed-scope.js';
import { declaredTables, type DeclaredTable } from './declared-tables.js';
import { grantChanges } from './grants.js';
import { policyDifference } from './policy-changes.js';
import type { PolicyChange, PolicyPlan, PolicyProblem } from './policy-plan.js';
import { scopeProblems } from './scope-problems.js';
import { normalized, tableStates, type TableState } from './table-state.js';
import { undeclaredTables } from './undeclared-tables.js';

/** How far a plan goes. */
export interface PlanPoliciesOptions {
  /**
   * Drops permissive policies that somebody wrote. Without it they are named.
   *
   * @default false
   */
  readonly dropForeign?: boolean;
}

/** Either form that fills in the scope's tenant, normalized. */
const TENANT_DEFAULTS = ["current_setting'app.tenant_id'::uuid", 'tenant_scope'];

/**
 * Compares row-level security, policies, grants and the default of `tenant_id` with what the entities of a
 * TenantSchemaDataSource declare. Changes nothing.
 *
 * @throws ConfigurationError when the data source does not log in as the owner that `tenancy setup` made
 * @example
 * const { changes, problems } = await planPolicies(dataSource); // initialized
 */
export async function planPolicies(
  dataSource: DataSource,
  options: PlanPoliciesOptions = {},
): Promise<PolicyPlan> {
  const queryRunner = dataSource.createQueryRunner();
  try {
    return await planWith(queryRunner, options);
  } finally {
    await queryRunner.release();
  }
}

/** As {@link planPolicies}, inside a transaction of the caller's. */
export async function planWith(
  queryRunner: QueryRunner,
  { dropForeign = false }: PlanPoliciesOptions = {},
): Promise<PolicyPlan> {
  const roles = await rolesOfMigration(queryRunner);
  const scope = await scopeFormOf(queryRunner);
  const [row] = (await queryRunner.query('SELECT current_schema() AS "schema"')) as [{ schema: string }];
  const declared = declaredTables(queryRunner.dataSource, row.schema);
  const states = await tableStates(queryRunner);
  const meanings = {
    scoped: await normalized(queryRunner, policiesOf('scoped', roles, scope)),
    mixed: await normalized(queryRunner, policiesOf('mixed', roles, scope)),
  };

  const changes: PolicyChange[] = await schemaChanges(queryRunner, declared, roles);
  const problems: PolicyProblem[] = await scopeProblems(queryRunner, scope);
  for (const table of declared.filter(({ tenancy }) => tenancy !== undefined)) {
    const name = quoted(table);
    const state = states.find((one) => one.schema === table.schema && one.name === table.name);
    const obstacle = obstacleOf(table, state);
    if (!state || obstacle !== undefined) {
      problems.push({ table: name, problem: obstacle ?? '', open: true });
      continue;
    }
    const difference = differenceOf(name, table, state, meanings);
    const foreign = dropForeign ? difference.foreign.map((policy) => dropPolicy(name, policy)) : [];
    const statements = [...difference.statements, ...foreign, ...grantChanges(name, table, state, roles)];
    changes.push(...statements.map((sql) => ({ table: name, sql })));
    if (dropForeign) continue;
    for (const policy of difference.foreign)
      problems.push({ table: name, problem: `policy ${policy} is not a generated one`, open: true });
  }
  problems.push(...undeclaredTables(declared, states, roles));
  return { changes, problems, scope };
}

type Meanings = Readonly<Record<TableTenancy, ReadonlyMap<Policy, string>>>;

interface Difference {
  readonly statements: readonly string[];
  readonly foreign: readonly string[];
}

function differenceOf(name: string, table: DeclaredTable, state: TableState, meanings: Meanings): Difference {
  const { tenancy } = table;
  if (table.view) {
    const invoke = `ALTER VIEW ${name} SET (security_invoker = true)`;
    return { statements: state.invoker ? [] : [invoke], foreign: [] };
  }
  if (tenancy !== 'scoped' && tenancy !== 'mixed') return { statements: [], foreign: [] };
  const { create, drop, foreign } = policyDifference(name, state, meanings[tenancy]);
  const alterations = [
    ...(state.enabled ? [] : ['ENABLE ROW LEVEL SECURITY']),
    ...(state.forced ? [] : ['FORCE ROW LEVEL SECURITY']),
    ...(TENANT_DEFAULTS.includes(state.tenantDefault ?? '')
      ? []
      : [`ALTER COLUMN tenant_id SET DEFAULT current_setting('app.tenant_id')::uuid`]),
  ];
  const alter = alterations.length > 0 ? [`ALTER TABLE ${name} ${alterations.join(', ')}`] : [];
  return { statements: [...create, ...alter, ...drop], foreign };
}

function obstacleOf({ tenancy, view }: DeclaredTable, state: TableState | undefined): string | undefined {
  if (!state) return 'the database has no such table; run the migrations first';
  if (state.kind === 'm') return 'a materialized view cannot have row-level security';
  if (view !== (state.kind === 'v')) return `its entity declares a ${view ? 'view' : 'table'}`;
  if (tenancy === 'shared') {
    return state.enabled ? 'it is under row-level security, and its entity is @TenantShared()' : undefined;
  }
  return state.hasTenant ? undefined : 'it has no column tenant_id';
}

async function schemaChanges(
  queryRunner: QueryRunner,
  declared: readonly DeclaredTable[],
  { tenantApp, platformReader, platformWriter }: DatabaseRoles,
): Promise<PolicyChange[]> {
  const schemas = declared.filter(({ tenancy }) => tenancy !== undefined).map(({ schema }) => schema);
  const rows = (await queryRunner.query(
    `SELECT n.nspname AS schema, role FROM pg_namespace n, unnest($2::text[]) AS role
       WHERE n.nspname = ANY ($1) AND NOT has_schema_privilege(role, n.oid, 'USAGE') ORDER BY 1, 2`,
    [[...new Set(schemas)], [tenantApp, platformReader, platformWriter]],
  )) as { schema: string; role: string }[];
  return rows.map(({ schema, role }) => ({
    table: `schema ${schema}`,
    sql: `GRANT USAGE ON SCHEMA ${pg.escapeIdentifier(schema)} TO ${pg.escapeIdentifier(role)}`,
  }));
}

function quoted({ schema, name }: DeclaredTable): string {
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
}
