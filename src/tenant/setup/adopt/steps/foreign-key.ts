import pg from 'pg';
import { ownName } from '../adoption-step.js';
import type { ForeignKeyFacts } from '../table-facts.js';
import { columnList, qualified } from './names.js';

const ACTIONS: Readonly<Record<string, string>> = {
  a: 'NO ACTION',
  r: 'RESTRICT',
  c: 'CASCADE',
  n: 'SET NULL',
  d: 'SET DEFAULT',
};

/** The name of the key led by the tenant, until it takes the place and the name of the old one. */
export function ledKeyName({ schema, table, name }: ForeignKeyFacts): string {
  return ownName('fk', schema, table, name);
}

/** The statement that adds the same foreign key led by the tenant, without looking at the rows that are there. */
export function addLedForeignKey(key: ForeignKeyFacts, name: string): string {
  const columns = ['tenant_id', ...key.columns];
  const referenced = ['tenant_id', ...key.referencedColumns];
  const setsColumns = key.onDelete === 'n' || key.onDelete === 'd';
  // Without the list it would null the tenant as well.
  const cleared = setsColumns
    ? ` ${columnList(key.deleteColumns.length > 0 ? key.deleteColumns : key.columns)}`
    : '';
  return (
    `ALTER TABLE ${qualified(key.schema, key.table)} ADD CONSTRAINT ${pg.escapeIdentifier(name)} ` +
    `FOREIGN KEY ${columnList(columns)} REFERENCES ` +
    `${qualified(key.referencedSchema, key.referencedTable)} ${columnList(referenced)} ` +
    `ON UPDATE ${ACTIONS[key.onUpdate] ?? ''} ON DELETE ${ACTIONS[key.onDelete] ?? ''}${cleared}` +
    `${key.deferrable ? ' DEFERRABLE' : ''}${key.deferred ? ' INITIALLY DEFERRED' : ''} NOT VALID`
  );
}
