import type { AdoptionPlan } from '../setup/adopt/plan-adoption.js';
import type { AdoptionCheck } from '../setup/adopt/verify-adoption.js';

/** A plan for people: what stands in the way first, then each step with its lock and SQL. */
export function planLines({ tables, remarks, steps }: AdoptionPlan): string[] {
  return [
    ...tables.map(
      ({ table, rows, bytes }) => `${table}: about ${rows} rows, ${Math.ceil(bytes / 1_000_000)} MB`,
    ),
    ...remarks.flatMap(({ kind, table, problem, fix }) => [
      '',
      `${kind === 'obstacle' ? 'OBSTACLE' : 'Notice'}  ${table}: ${problem}.`,
      `  ${fix}`,
    ]),
    ...steps.flatMap(({ phase, table, describe, lock, up, backfill }) => [
      '',
      `[${phase}] ${table}: ${describe}`,
      `  lock: ${lock}`,
      ...(backfill
        ? [
            `  UPDATE ${backfill.table} SET tenant_id = '${backfill.tenantId}' WHERE tenant_id IS NULL, a batch at a time;`,
          ]
        : []),
      ...up.flatMap(({ sql }) => sql.map((statement) => `  ${statement};`)),
    ]),
  ];
}

export function checkLines(checks: readonly AdoptionCheck[]): string[] {
  const failed = checks.filter(({ ok }) => !ok).length;
  return [
    ...checks.map(
      ({ ok, table, check, found }) =>
        `${ok ? 'ok  ' : 'FAIL'}  ${table}: ${check}${found === '' ? '' : ` (${found})`}`,
    ),
    failed === 0 ? `All ${checks.length} checks hold.` : `${failed} of ${checks.length} checks fail.`,
  ];
}
