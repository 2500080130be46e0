import pg from 'pg';
import {
  action,
  type AdoptionAction,
  type AdoptionStep,
  indexAction,
  LOCKS,
  ownName,
} from '../adoption-step.js';
import type { ForeignKeyFacts, TableFacts, UniqueKeyFacts } from '../table-facts.js';
import { addLedForeignKey, ledKeyName } from './foreign-key.js';
import { createIndexLike, ledIndexName } from './key-steps.js';
import { qualified } from './names.js';

const { escapeIdentifier } = pg;

/** The foreign key led by the tenant takes the place and the name of the old one. */
export function swapForeignKeySteps(keys: readonly ForeignKeyFacts[]): AdoptionStep[] {
  return keys.map((key) => {
    const table = `${key.schema}.${key.table}`;
    const alter = `ALTER TABLE ${qualified(key.schema, key.table)}`;
    const [name, led] = [escapeIdentifier(key.name), ledKeyName(key)];
    const notValid = key.definition.endsWith('NOT VALID') ? '' : ' NOT VALID';
    return {
      id: `swap:${table}:${key.name}`,
      phase: 'swap',
      table,
      describe: `replace foreign key ${key.name} by the one led by tenant_id`,
      lock: LOCKS.both,
      up: [action(`${alter} DROP CONSTRAINT ${name}`, `${alter} RENAME CONSTRAINT ${led} TO ${name}`)],
      down: [
        action(
          `${alter} RENAME CONSTRAINT ${name} TO ${led}`,
          `${alter} ADD CONSTRAINT ${name} ${key.definition}${notValid}`,
        ),
        ...(notValid === '' ? [] : [action(`${alter} VALIDATE CONSTRAINT ${name}`)]),
      ],
    };
  });
}

/** The key led by the tenant takes the place and the name of the old one: only now may two tenants hold the same. */
export function swapKeySteps(facts: TableFacts, foreignKeys: readonly ForeignKeyFacts[]): AdoptionStep[] {
  const table = `${facts.schema}.${facts.name}`;
  return facts.uniques.map((unique) => ({
    id: `swap:${table}:${unique.name}`,
    phase: 'swap',
    table,
    describe: `replace ${unique.name} by the key led by tenant_id`,
    lock: LOCKS.instant,
    ...(unique.kind === 'index'
      ? swapIndex(facts, unique)
      : swapConstraint(facts, unique, foreignKeys.filter(refersTo(facts, unique)))),
  }));
}

interface Swap {
  readonly up: AdoptionAction[];
  readonly down: AdoptionAction[];
}

function swapIndex(facts: TableFacts, unique: UniqueKeyFacts): Swap {
  const led = ledIndexName(facts, unique);
  const { old, oldIndex } = oldIndexOf(facts, unique);
  const current = qualified(facts.schema, unique.name);
  const name = escapeIdentifier(unique.name);
  return {
    up: [action(`DROP INDEX ${current}`, `ALTER INDEX ${qualified(facts.schema, led)} RENAME TO ${name}`)],
    down: [
      indexAction(oldIndex, createIndexLike(unique, old, '')),
      action(`ALTER INDEX ${current} RENAME TO ${led}`, `ALTER INDEX ${oldIndex} RENAME TO ${name}`),
    ],
  };
}

/**
 * Back again, the index led by the tenant goes with its constraint, and foreign keys depend on it: another one is
 * built first, and the keys move to it in the transaction that swaps.
 */
function swapConstraint(
  facts: TableFacts,
  unique: UniqueKeyFacts,
  references: readonly ForeignKeyFacts[],
): Swap {
  const led = ledIndexName(facts, unique);
  const ledIndex = qualified(facts.schema, led);
  const { old, oldIndex } = oldIndexOf(facts, unique);
  const name = escapeIdentifier(unique.name);
  const constraint = unique.kind === 'primary' ? 'PRIMARY KEY' : 'UNIQUE';
  const replaceBy = (index: string): string =>
    `ALTER TABLE ${qualified(facts.schema, facts.name)} DROP CONSTRAINT ${name}, ` +
    `ADD CONSTRAINT ${name} ${constraint} USING INDEX ${index}`;
  const alter = (key: ForeignKeyFacts): string => `ALTER TABLE ${qualified(key.schema, key.table)}`;
  return {
    up: [action(replaceBy(led))],
    down: [
      indexAction(oldIndex, createIndexLike(unique, old, '')),
      indexAction(ledIndex, createIndexLike(unique, led, 'tenant_id, ')),
      action(
        ...references.map((key) => `${alter(key)} DROP CONSTRAINT ${escapeIdentifier(key.name)}`),
        replaceBy(old),
        ...references.map((key) => addLedForeignKey(key, key.name)),
      ),
      ...references.map((key) => action(`${alter(key)} VALIDATE CONSTRAINT ${escapeIdentifier(key.name)}`)),
    ],
  };
}

function oldIndexOf({ schema, name }: TableFacts, unique: UniqueKeyFacts): { old: string; oldIndex: string } {
  const old = ownName('old', schema, name, unique.name);
  return { old, oldIndex: qualified(schema, old) };
}

function refersTo({ schema, name }: TableFacts, unique: UniqueKeyFacts) {
  const columns = [...unique.columns].sort().join('\0');
  return (key: ForeignKeyFacts): boolean =>
    key.referencedSchema === schema &&
    key.referencedTable === name &&
    [...key.referencedColumns].sort().join('\0') === columns;
}
