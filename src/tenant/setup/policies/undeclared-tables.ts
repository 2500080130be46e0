import type { DatabaseRoles } from '../../isolation/database-roles.js';
import { LIBRARY_TABLES } from '../library-tables.js';
import type { DeclaredTable } from './declared-tables.js';
import type { PolicyProblem } from './policy-plan.js';
import type { TableState } from './table-state.js';

/**
 * Tables with rows of tenants that no entity stands for, and views that show tenants rows by their owner's rights:
 * nothing says what they should be.
 */
export function undeclaredTables(
  declared: readonly DeclaredTable[],
  states: readonly TableState[],
  { tenantApp, platformReader, platformWriter, login }: DatabaseRoles,
): PolicyProblem[] {
  const known = new Set(declared.map(({ schema, name }) => `${schema}.${name}`));
  const undeclared = states.filter(({ schema, name }) => !known.has(`${schema}.${name}`));
  const views = undeclared
    .filter(({ kind, invoker, hasTenant }) => kind === 'v' && !invoker && !hasTenant)
    .filter(({ grants }) => [tenantApp, login, 'PUBLIC'].some((role) => grants[role]))
    .map(({ schema, name }) => ({
      table: `"${schema}"."${name}"`,
      problem:
        'tenants read it with the rights of its owner, and no entity declares it; set security_invoker',
      open: true,
    }));
  const tables = undeclared
    .filter(({ enabled, hasTenant }) => enabled || hasTenant)
    .flatMap(({ schema, name, enabled, grants, partition }) => {
      const reached = [tenantApp, platformReader, platformWriter, login, 'PUBLIC'].some(
        (role) => grants[role],
      );
      const open = enabled || reached;
      if (!open && (partition || LIBRARY_TABLES.includes(name))) return [];
      const why = enabled ? 'is under row-level security' : 'has a column tenant_id';
      return [{ table: `"${schema}"."${name}"`, problem: `it ${why}, and no entity declares it`, open }];
    });
  return [...tables, ...views];
}
