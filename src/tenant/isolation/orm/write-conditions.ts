import type { ObjectLiteral, QueryBuilder } from 'typeorm';
import { StatementRefusedError } from '../../errors/isolation.errors.js';
import type { OwnedEntity } from './entity-tenancy.js';
import type { TenantAwareDataSource } from './tenant-aware.js';
import { whereAlso } from './rendering.js';
import { writable } from './tenant-predicate.js';

interface WritingBuilder extends QueryBuilder<ObjectLiteral> {
  readonly dataSource: TenantAwareDataSource;
}

/**
 * What a statement writes to.
 *
 * @throws StatementRefusedError for a table that is no entity, and for one that only platform work writes.
 */
export function writtenEntity({ expressionMap, dataSource }: WritingBuilder): OwnedEntity {
  const { mainAlias } = expressionMap;
  if (mainAlias?.hasMetadata) return dataSource.tenancies.ownedBy(mainAlias.metadata);
  throw new StatementRefusedError(
    `"${mainAlias?.tablePath ?? ''}" is no entity of this data source, so whose rows it holds is unknown.`,
  );
}

/** Renders the WHERE of an UPDATE or DELETE, which has no aliases, for the tenant's own rows. */
export function whereOwn(builder: WritingBuilder, render: () => string): string {
  const { column } = writtenEntity(builder);
  return whereAlso(builder.expressionMap, [writable(builder.escape(column.databaseName))], render);
}
