import pg from 'pg';
import { action, type AdoptionStep, LOCKS } from '../adoption-step.js';
import type { TableFacts } from '../table-facts.js';
import { qualified } from './names.js';

const PRESENT = 'tenancy_tenant_id_present';
export const STAMP = 'tenancy_stamp';

/** From no column to one that every row has: added empty, stamped on write, filled, and required. */
export function columnSteps(facts: TableFacts, functions: string, tenantId: string): AdoptionStep[] {
  const { schema, name: tableName, columns, uniques, triggers } = facts;
  const name = qualified(schema, tableName);
  const table = `${schema}.${tableName}`;
  const primary = uniques.find(({ kind }) => kind === 'primary')?.columns ?? [];
  const alter = (what: string): string => `ALTER TABLE ${name} ${what}`;
  return [
    {
      id: `column:${table}`,
      phase: 'column',
      table,
      describe: `add tenant_id, empty`,
      lock: LOCKS.instant,
      up: [action(alter('ADD COLUMN tenant_id uuid'))],
      down: [action(alter('DROP COLUMN tenant_id'))],
    },
    {
      id: `stamp:${table}`,
      phase: 'stamp',
      table,
      describe: 'stamp every row that is written',
      lock: LOCKS.writes,
      up: [action(stampTrigger(name, functions, tenantId))],
      down: [action(`DROP TRIGGER ${STAMP} ON ${name}`)],
    },
    {
      id: `backfill:${table}`,
      phase: 'backfill',
      table,
      describe: 'give the rows that are there to the tenant, in batches by primary key',
      lock: LOCKS.rows,
      up: [],
      down: [],
      backfill: {
        table: name,
        tenantId,
        primaryKey: primary.map((column) => ({
          name: column,
          type: columns.find((one) => one.name === column)?.type ?? 'text',
        })),
        data: columns.map((column) => column.name),
        withoutTriggers: triggers.length > 0,
      },
    },
    {
      id: `not-null:${table}:check`,
      phase: 'not-null',
      table,
      describe: 'require tenant_id of new rows',
      lock: LOCKS.instant,
      up: [action(alter(`ADD CONSTRAINT ${PRESENT} CHECK (tenant_id IS NOT NULL) NOT VALID`))],
      down: [action(alter(`DROP CONSTRAINT IF EXISTS ${PRESENT}`))],
    },
    {
      id: `not-null:${table}:validate`,
      phase: 'not-null',
      table,
      describe: 'check the rows that are there',
      lock: LOCKS.weak,
      up: [action(alter(`VALIDATE CONSTRAINT ${PRESENT}`))],
      down: [],
    },
    {
      id: `not-null:${table}:set`,
      phase: 'not-null',
      table,
      describe: 'make tenant_id NOT NULL, which the check has proved already',
      lock: LOCKS.instant,
      // Two transactions: in one, the check would be gone before PostgreSQL looks for it.
      up: [action(alter('ALTER COLUMN tenant_id SET NOT NULL')), action(alter(`DROP CONSTRAINT ${PRESENT}`))],
      down: [
        // Validated again: without that proof, going forward would scan the table under the strong lock.
        action(
          alter(`DROP CONSTRAINT IF EXISTS ${PRESENT}`),
          alter(
            `ALTER COLUMN tenant_id DROP NOT NULL, ADD CONSTRAINT ${PRESENT} CHECK (tenant_id IS NOT NULL) NOT VALID`,
          ),
        ),
        action(alter(`VALIDATE CONSTRAINT ${PRESENT}`)),
      ],
    },
  ];
}

export function stampTrigger(table: string, functions: string, tenantId: string): string {
  return (
    `CREATE TRIGGER ${STAMP} BEFORE INSERT OR UPDATE ON ${table} FOR EACH ROW WHEN (NEW.tenant_id IS NULL) ` +
    `EXECUTE FUNCTION ${functions}.${STAMP}(${pg.escapeLiteral(tenantId)})`
  );
}
