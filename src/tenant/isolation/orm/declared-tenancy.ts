import type { EntityMetadata } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata.js';
import { tenancyOf, type Tenancy } from '../tenant-scoped.decorator.js';

const TENANT_COLUMN = 'tenant_id';

/** What the entity's class was decorated with. */
export function declaredTenancy({ target }: EntityMetadata): Tenancy | undefined {
  return typeof target === 'function' ? tenancyOf(target) : undefined;
}

/** Whether rows of this entity name their tenant. */
export function isOwned(metadata: EntityMetadata): boolean {
  const tenancy = declaredTenancy(metadata);
  return tenancy === 'scoped' || tenancy === 'mixed';
}

/** The column is known by its name in the database, which policies and keys use; the property may be any. */
export function tenantColumnOf(metadata: EntityMetadata): ColumnMetadata | undefined {
  return metadata.findColumnWithDatabaseName(TENANT_COLUMN);
}

/** Tables that TypeORM makes up: they have no class to decorate, and what implies them is refused. */
export function isImplicitTable({ tableType }: EntityMetadata): boolean {
  return tableType === 'junction' || tableType === 'closure-junction';
}
