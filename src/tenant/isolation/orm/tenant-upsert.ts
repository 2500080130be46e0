import type { OwnedEntity } from './entity-tenancy.js';
import { assertSelfContained } from './raw-text.js';
import type { Upsert } from './typeorm-internals.js';

/**
 * An upsert that finds the row in the way by the keys of the database, which lead with the tenant, and that
 * updates it only when `own` holds for it.
 */
export function ownRowsUpsert(given: Upsert, entity: OwnedEntity, own: string): Upsert {
  if (given.indexPredicate) assertSelfContained(given.indexPredicate);
  const tenant = entity.column.databaseName;
  const withoutTenant = (columns?: string[]) => columns?.filter((name) => name !== tenant);
  return {
    ...given,
    conflict: Array.isArray(given.conflict) ? conflictTarget(given.conflict, entity) : given.conflict,
    overwrite: withoutTenant(given.overwrite),
    columns: withoutTenant(given.columns),
    // The caller's condition as a whole: next to ours in one flat list, an OR in it would win.
    overwriteCondition: [
      { type: 'simple', condition: own },
      ...(given.overwriteCondition?.length
        ? [
            {
              type: 'and' as const,
              condition: { operator: 'brackets' as const, condition: given.overwriteCondition },
            },
          ]
        : []),
    ],
  };
}

function conflictTarget(names: string[], { kind, column }: OwnedEntity): string[] {
  const tenant = column.databaseName;
  const byPrimaryKey = column.entityMetadata.primaryColumns.every((primary) =>
    names.includes(primary.databaseName),
  );
  // The primary key of a table that also holds rows without tenant is the id alone.
  if (names.includes(tenant) || (kind === 'mixed' && byPrimaryKey)) return names;
  return [tenant, ...names];
}
