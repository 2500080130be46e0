import pg from 'pg';
import { action, type AdoptionStep, indexAction, LOCKS, ownName } from '../adoption-step.js';
import type { ForeignKeyFacts, TableFacts, UniqueKeyFacts } from '../table-facts.js';
import { addLedForeignKey, ledKeyName } from './foreign-key.js';
import { qualified } from './names.js';

/** The name of the unique index led by the tenant, until it takes the place and the name of the old one. */
export function ledIndexName({ schema, name }: TableFacts, unique: UniqueKeyFacts): string {
  return ownName('key', schema, name, unique.name);
}

/** The statement that builds a unique index as it is now, under another name, led by `columns`. */
export function createIndexLike({ definition }: UniqueKeyFacts, name: string, leading: string): string {
  return definition.replace(
    /^CREATE UNIQUE INDEX (?:"(?:[^"]|"")+"|\S+) ON (?:ONLY )?(.*?) USING btree \(/s,
    (_, table: string) =>
      `CREATE UNIQUE INDEX CONCURRENTLY ${pg.escapeIdentifier(name)} ON ${table} USING btree (${leading}`,
  );
}

/** A unique index led by the tenant beside each there is: partial and expression indexes keep their meaning. */
export function uniqueIndexSteps(facts: TableFacts): AdoptionStep[] {
  const table = `${facts.schema}.${facts.name}`;
  return facts.uniques.map((unique) => {
    const name = ledIndexName(facts, unique);
    const index = qualified(facts.schema, name);
    return {
      id: `keys:${table}:${unique.name}`,
      phase: 'keys',
      table,
      describe: `build a unique index led by tenant_id beside ${unique.name}`,
      lock: LOCKS.weak,
      up: [indexAction(index, createIndexLike(unique, name, 'tenant_id, '))],
      down: [{ sql: [`DROP INDEX CONCURRENTLY IF EXISTS ${index}`], concurrently: true }],
    };
  });
}

/** A foreign key led by the tenant beside each between adopted tables: enforced for new rows, then proved for old. */
export function foreignKeySteps(keys: readonly ForeignKeyFacts[]): AdoptionStep[] {
  return keys.flatMap((key): AdoptionStep[] => {
    const table = `${key.schema}.${key.table}`;
    const name = ledKeyName(key);
    const alter = `ALTER TABLE ${qualified(key.schema, key.table)}`;
    return [
      {
        id: `keys:${table}:${key.name}:add`,
        phase: 'keys',
        table,
        describe: `add a foreign key led by tenant_id beside ${key.name}`,
        lock: 'SHARE ROW EXCLUSIVE on both tables, an instant',
        up: [action(addLedForeignKey(key, name))],
        down: [action(`${alter} DROP CONSTRAINT ${name}`)],
      },
      {
        id: `keys:${table}:${key.name}:validate`,
        phase: 'keys',
        table,
        describe: `check the rows that are there against it`,
        lock: LOCKS.weak,
        up: [action(`${alter} VALIDATE CONSTRAINT ${name}`)],
        down: [],
      },
    ];
  });
}
