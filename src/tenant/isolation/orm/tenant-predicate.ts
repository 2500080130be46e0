import type { EntityTenancy, OwnedEntity } from './entity-tenancy.js';
import { TENANT_PLACEHOLDER } from './tenant-parameter.js';

/** The SQL that holds for rows the tenant may read. `column` is the tenant column as the statement spells it. */
export function readable(tenancy: EntityTenancy, column: (owned: OwnedEntity) => string): string | undefined {
  if (tenancy.kind === 'shared') return undefined;
  const own = writable(column(tenancy));
  return tenancy.kind === 'mixed' ? `(${own} OR ${column(tenancy)} IS NULL)` : own;
}

/** The SQL that holds for rows the tenant may write. */
export function writable(column: string): string {
  return `${column} = ${TENANT_PLACEHOLDER}`;
}
