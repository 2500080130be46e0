import type { DataSource } from 'typeorm';
import { declaredTenancy } from '../../isolation/orm/declared-tenancy.js';
import type { Tenancy } from '../../isolation/tenant-scoped.decorator.js';

/** A table or view that entities stand for; those of one inheritance are one table. */
export interface DeclaredTable {
  readonly schema: string;
  readonly name: string;
  readonly view: boolean;
  /** Undefined: one of the control plane, whose grants are not generated. */
  readonly tenancy: Tenancy | undefined;
}

/** What the entities of a data source say; `schema` is where a table is that names none. */
export function declaredTables({ entityMetadatas }: DataSource, schema: string): DeclaredTable[] {
  const tables = entityMetadatas.map((metadata) => ({
    schema: metadata.schema ?? schema,
    name: metadata.tableName,
    view: metadata.tableType === 'view',
    tenancy: declaredTenancy(metadata),
  }));
  const byName = new Map<string, DeclaredTable>();
  for (const table of tables) {
    const key = `${table.schema}.${table.name}`;
    if (byName.get(key)?.tenancy === undefined) byName.set(key, table);
  }
  return [...byName.values()];
}
