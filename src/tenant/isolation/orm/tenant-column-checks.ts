import type { EntityMetadata } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata.js';
import { declaredTenancy, isOwned, tenantColumnOf } from './declared-tenancy.js';

type ColumnCheck = (column: ColumnMetadata, metadata: EntityMetadata) => string | false | undefined;

const ANYWHERE: readonly ColumnCheck[] = [
  ({ embeddedMetadata }) => embeddedMetadata && 'is in an embedded class. Declare it on the entity itself',
  ({ isSelect }) => !isSelect && 'has `select: false`, so that loaded rows cannot be checked. Leave it out',
  ({ transformer }) => transformer && 'has a transformer, so that it cannot be compared. Leave it out',
];

const IN_TABLES: readonly ColumnCheck[] = [
  ({ isPrimary }) =>
    isPrimary &&
    'is part of the primary key, with which TypeORM deletes rows when a list of children is replaced. Use ' +
      '@Column; the schema data source makes the key of the database (tenant_id, id)',
  (column, { relations }) =>
    (column.relationMetadata ?? relations.some(({ joinColumns }) => joinColumns.includes(column))) &&
    'is a join column, which TypeORM sets to null with the relation. Join by the id alone',
  ({ type }) => type !== 'uuid' && "has another type than uuid. Use type: 'uuid'",
  ({ isUpdate }) => isUpdate && 'can be updated. Add `update: false`',
  ({ isInsert }) => !isInsert && 'has `insert: false`, so that it cannot be stamped. Leave it out',
  (column) =>
    (column.default !== undefined || column.isGenerated || column.asExpression) &&
    'has a default in its metadata. Leave it out: it is stamped',
  ({ isNullable }, metadata) =>
    isNullable &&
    declaredTenancy(metadata) === 'scoped' &&
    'is nullable. Leave `nullable` out, or use @TenantShared({ own: true }) if rows without tenant are shared',
  ({ isNullable }, metadata) =>
    !isNullable &&
    declaredTenancy(metadata) === 'mixed' &&
    'is not nullable, yet rows without tenant are the shared ones. Add `nullable: true`',
];

/** Why the tenant column of an entity cannot be relied on, one line for each reason. */
export function tenantColumnProblems(metadata: EntityMetadata): string[] {
  const column = tenantColumnOf(metadata);
  if (!column || !isOwned(metadata)) return [];
  const checks = metadata.tableType === 'view' ? ANYWHERE : [...ANYWHERE, ...IN_TABLES];
  return checks
    .map((check) => check(column, metadata))
    .filter((problem) => typeof problem === 'string')
    .map((problem) => `${metadata.name}.${column.propertyName} ${problem}.`);
}
