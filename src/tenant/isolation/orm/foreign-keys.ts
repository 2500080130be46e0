import type { EntityMetadata, QueryRunner, Table, TableForeignKey } from 'typeorm';
import type { ForeignKeyMetadata } from 'typeorm/metadata/ForeignKeyMetadata.js';

type TableName = Table | EntityMetadata | TableForeignKey;

/**
 * Makes generated migrations keep foreign keys that were written by hand. One that a relation declares, too, is the
 * same under either name; one that no relation declares is kept unless TypeORM itself gave it its name, for then a
 * relation was removed.
 */
export function keepForeignKeys(queryRunner: QueryRunner): QueryRunner {
  const getTables = queryRunner.getTables.bind(queryRunner);
  queryRunner.getTables = async (paths) => {
    const tables = await getTables(paths);
    for (const table of tables) adapt(table, queryRunner);
    return tables;
  };
  return queryRunner;
}

/** TypeORM drops and makes keys by this list: what is not in it stays as it is. */
function adapt(table: Table, { dataSource }: QueryRunner): void {
  const { driver, entityMetadatas, namingStrategy } = dataSource;
  const pathOf = (name: TableName): string => {
    const { schema, tableName } = driver.parseTableName(name);
    return driver.buildTableName(tableName, schema);
  };
  const isSame = (stored: TableForeignKey, declared: ForeignKeyMetadata): boolean =>
    overSameColumns(stored, declared) &&
    stored.referencedColumnNames.join() === declared.referencedColumnNames.join() &&
    pathOf(stored) === pathOf(declared.referencedEntityMetadata) &&
    declarable(stored).onDelete === declared.onDelete &&
    stored.onUpdate === declared.onUpdate;
  const generatedName = (key: TableForeignKey): string =>
    namingStrategy.foreignKeyName(table, key.columnNames, key.referencedTableName, key.referencedColumnNames);

  const path = pathOf(table);
  const declared = entityMetadatas
    .filter((metadata) => pathOf(metadata) === path)
    .flatMap(({ foreignKeys }) => foreignKeys);
  table.foreignKeys = table.foreignKeys.flatMap((stored) => {
    const same = declared.find((foreignKey) => isSame(stored, foreignKey));
    if (same) return [Object.assign(declarable(stored), { name: same.name })];
    const replaced = declared.some((foreignKey) => overSameColumns(stored, foreignKey));
    return replaced || stored.name === generatedName(stored) ? [stored] : [];
  });
}

function overSameColumns(stored: TableForeignKey, declared: ForeignKeyMetadata): boolean {
  return stored.columnNames.join() === declared.columnNames.join();
}

/**
 * `ON DELETE SET NULL (column)` is one that entities cannot say, and leave out. It is read back without its column;
 * a real one would clear the tenant.
 */
function declarable(stored: TableForeignKey): TableForeignKey {
  const keepsTenant = stored.onDelete === 'SET NULL' && stored.columnNames.includes('tenant_id');
  return keepsTenant ? Object.assign(stored.clone(), { onDelete: 'NO ACTION' }) : stored;
}
