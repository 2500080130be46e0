import type pg from 'pg';
import { ConfigurationError } from '../../errors/isolation.errors.js';
import { type DatabaseRoles, databaseRoles } from '../../isolation/database-roles.js';
import type { ScopeForm } from '../../isolation/migrations/policies.js';
import { LIBRARY_TABLES } from '../library-tables.js';
import { ADOPTION_PHASES, type AdoptionStep } from './adoption-step.js';
import { type AdoptionRemark, remarksOn } from './obstacles.js';
import { functionRemarks } from './function-remarks.js';
import { readControlSchema, readScopeForm, readTenantId } from './registry-facts.js';
import { refuseMissingRights } from './refuse-missing-rights.js';
import { columnSteps } from './steps/column-steps.js';
import { functionStep } from './steps/function-step.js';
import { foreignKeySteps, uniqueIndexSteps } from './steps/key-steps.js';
import { enforceStep, observeStep } from './steps/policy-steps.js';
import { swapForeignKeySteps, swapKeySteps } from './steps/swap-steps.js';
import { readTableFacts, type TableFacts } from './table-facts.js';

/** Which tables go to which tenant. */
export interface AdoptionTarget {
  /** The tenant's id or slug; it has to be in the registry. */
  readonly tenant: string;
  /** @default 'public' */
  readonly schema?: string;
  /** By name, without the schema. @default all of the schema that nobody adopted yet */
  readonly tables?: readonly string[];
  readonly exclude?: readonly string[];
  /** What the names of the roles start with. @default 'parallax' */
  readonly prefix?: string;
}

/** All that is going to be done, and what stands in its way. */
export interface AdoptionPlan {
  readonly tenantId: string;
  readonly tables: readonly { readonly table: string; readonly rows: number; readonly bytes: number }[];
  readonly remarks: readonly AdoptionRemark[];
  readonly steps: readonly AdoptionStep[];
}

/** What the library itself keeps, and TypeORM: no tenant's. */
const NOT_THE_APPLICATIONS = [...LIBRARY_TABLES, 'migrations', 'typeorm_metadata'];

/**
 * Plans how the tables of a single-tenant application become one tenant's. Changes nothing.
 *
 * @throws ConfigurationError when a table or the tenant is not found, nothing is left to adopt, or `admin` lacks a right
 * @example
 * const { steps, remarks } = await planAdoption(admin, { tenant: 'acme', tables: ['orders'] });
 */
export async function planAdoption(admin: pg.ClientBase, target: AdoptionTarget): Promise<AdoptionPlan> {
  const roles = databaseRoles(target.prefix ?? 'parallax');
  const controlSchema = await readControlSchema(admin, roles);
  const tables = (await readTables(admin, target)).map((facts) => withoutOwnRoles(facts, roles));
  await refuseMissingRights(admin, tables, roles);
  const tenantId = await readTenantId(admin, controlSchema, target.tenant);
  const scope = await readScopeForm(admin, controlSchema);
  return {
    tenantId,
    tables: tables.map(({ schema, name, rows, bytes }) => ({ table: `${schema}.${name}`, rows, bytes })),
    remarks: [...remarksOn(tables), ...(await functionRemarks(admin, target.schema ?? 'public', roles))],
    steps: stepsFor(tables, controlSchema, roles, tenantId, scope),
  };
}

function stepsFor(
  tables: readonly TableFacts[],
  controlSchema: string,
  roles: DatabaseRoles,
  tenantId: string,
  scope: ScopeForm,
): AdoptionStep[] {
  const adopted = new Set(tables.map(({ schema, name }) => `${schema}.${name}`));
  const foreignKeys = tables
    .flatMap((facts) => facts.foreignKeys)
    .filter((key) => adopted.has(`${key.referencedSchema}.${key.referencedTable}`));
  const steps = [
    functionStep(controlSchema, roles.owner),
    ...tables.flatMap((facts) => columnSteps(facts, controlSchema, tenantId)),
    // Every index before any foreign key that needs it, whatever the cycles among the tables.
    ...tables.flatMap(uniqueIndexSteps),
    ...foreignKeySteps(foreignKeys),
    ...tables.map((facts) => observeStep(facts, controlSchema, roles, scope)),
    ...tables.map((facts) => enforceStep(facts, controlSchema, roles, tenantId)),
    ...swapForeignKeySteps(foreignKeys),
    ...tables.flatMap((facts) => swapKeySteps(facts, foreignKeys)),
  ];
  return ADOPTION_PHASES.flatMap((phase) => steps.filter((step) => step.phase === phase));
}

async function readTables(
  admin: pg.ClientBase,
  { schema = 'public', tables, exclude = [] }: AdoptionTarget,
): Promise<TableFacts[]> {
  const found = await readTableFacts(admin, schema, tables);
  const missing = tables?.filter((table) => !found.some(({ name }) => name === table)) ?? [];
  if (missing.length > 0) {
    throw new ConfigurationError(`There is no table ${missing.join(', ')} in schema ${schema}.`);
  }
  const chosen = found.filter(
    ({ name, columns }) =>
      !exclude.includes(name) &&
      (tables !== undefined ||
        !(NOT_THE_APPLICATIONS.includes(name) || columns.some((column) => column.name === 'tenant_id'))),
  );
  if (chosen.length === 0) throw new ConfigurationError(`Schema ${schema} has no table left to adopt.`);
  return chosen;
}

/** What the library's roles hold already is no former application's. */
function withoutOwnRoles(facts: TableFacts, roles: DatabaseRoles): TableFacts {
  const own = [...Object.values<string>({ ...roles }), roles.owner.replace(/_owner$/, '_backup')];
  return { ...facts, grants: facts.grants.filter(({ role }) => !own.includes(role)) };
}
