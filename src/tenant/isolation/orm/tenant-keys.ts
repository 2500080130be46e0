import type { EntityMetadata, NamingStrategyInterface } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata.js';
import type { ForeignKeyMetadata } from 'typeorm/metadata/ForeignKeyMetadata.js';
import type { IndexMetadata } from 'typeorm/metadata/IndexMetadata.js';
import { declaredTenancy, isOwned, tenantColumnOf } from './declared-tenancy.js';

/**
 * Makes the keys of entities lead with the tenant: primary keys, unique constraints, indexes, and the foreign
 * keys between them. Changes the metadata of one data source only, not what decorators recorded.
 */
export function leadKeysWithTenant(
  metadatas: readonly EntityMetadata[],
  naming: NamingStrategyInterface,
): void {
  const owned = metadatas.filter(isOwned).flatMap((metadata) => {
    const column = tenantColumnOf(metadata);
    return column ? [{ metadata, column }] : [];
  });
  for (const { metadata, column } of owned) {
    if (declaredTenancy(metadata) === 'scoped') leadPrimaryKey(metadata, column);
    leadUniques(metadata, column, naming);
    leadIndexes(metadata, column, naming);
  }
  for (const { metadata, column } of owned) leadForeignKeys(metadata, column, naming);
}

function leadPrimaryKey(metadata: EntityMetadata, tenant: ColumnMetadata): void {
  if (metadata.tableType === 'view') return;
  tenant.isPrimary = true;
  metadata.primaryColumns = leading(tenant, metadata.primaryColumns);
  metadata.hasMultiplePrimaryKeys = true;
  // A new table gets its primary key in the order of its columns.
  metadata.columns = leading(tenant, metadata.columns);
}

function leadUniques(
  metadata: EntityMetadata,
  tenant: ColumnMetadata,
  naming: NamingStrategyInterface,
): void {
  for (const unique of metadata.uniques) {
    unique.columns = leading(tenant, unique.columns);
    unique.name =
      unique.givenName ?? naming.uniqueConstraintName(metadata.tableName, namesOf(unique.columns));
  }
}

function leadIndexes(
  metadata: EntityMetadata,
  tenant: ColumnMetadata,
  naming: NamingStrategyInterface,
): void {
  for (const index of metadata.indices.filter(isBtree)) {
    index.columns = leading(tenant, index.columns);
    index.name = index.givenName ?? naming.indexName(metadata.tableName, namesOf(index.columns), index.where);
  }
}

/** Other kinds of index have no order of columns to lead, and take a uuid only with an extension. */
function isBtree(index: IndexMetadata): boolean {
  const other = index.type !== undefined && index.type !== 'btree';
  return index.synchronize && !other && !index.isSpatial && !index.isFulltext;
}

function leadForeignKeys(
  metadata: EntityMetadata,
  tenant: ColumnMetadata,
  naming: NamingStrategyInterface,
): void {
  for (const foreignKey of metadata.foreignKeys) {
    const referenced = referencedTenant(foreignKey);
    if (!referenced) continue;
    foreignKey.columns = leading(tenant, foreignKey.columns);
    foreignKey.referencedColumns = leading(referenced, foreignKey.referencedColumns);
    foreignKey.build(naming);
  }
}

/** Shared rows, and tables that hold some, are referenced by the id alone. */
function referencedTenant({ referencedEntityMetadata }: ForeignKeyMetadata): ColumnMetadata | undefined {
  return declaredTenancy(referencedEntityMetadata) === 'scoped'
    ? tenantColumnOf(referencedEntityMetadata)
    : undefined;
}

function leading(tenant: ColumnMetadata, columns: readonly ColumnMetadata[]): ColumnMetadata[] {
  return [tenant, ...columns.filter((column) => column !== tenant)];
}

function namesOf(columns: readonly ColumnMetadata[]): string[] {
  return columns.map(({ databaseName }) => databaseName);
}
