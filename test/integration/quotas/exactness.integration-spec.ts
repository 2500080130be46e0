import { QuotaExceededError } from '@parallax/tenant';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { ChildProgram } from './processes/child-program.js';
import type { FloodManner, FloodResult } from './processes/flood-process.js';
import { addTenant, LIMIT, openQuotas } from './processes/measured-plan.js';

const PROCESSES = 4;
const CALLS = 10_000;

/** What the database has of a tenant's runs. */
interface Written {
  readonly used: number;
  readonly reserved: number;
  readonly ledger: number;
  readonly batches: number;
  readonly rows: number;
  readonly reservations: number;
  readonly alerts: string[];
  /** Of the counter's row: another for each transaction that writes or locks it. */
  readonly version: string;
}

describe('200 callers in four processes, who call 10,000 times for 1,000 units', () => {
  let database: TestDatabase;

  let children: ChildProgram[];

  beforeAll(async () => {
    database = await createTestDatabase();
    children = Array.from(
      { length: PROCESSES },
      () => new ChildProgram('flood-process.ts', [database.urls.control]),
    );
    await Promise.all(children.map((child) => child.line()));
  });
  afterAll(async () => {
    await Promise.all(children.map((child) => child.finish()));
    await database.drop();
  });

  const flood = async (tenantId: string, manner: FloodManner): Promise<FloodResult> => {
    const answers = children.map((child) => child.line());
    for (const child of children) child.tell(`${tenantId} ${manner}`);
    const results = (await Promise.all(answers)).map((answer) => JSON.parse(answer) as FloodResult);
    const sum = (of: keyof FloodResult): number => results.reduce((total, each) => total + each[of], 0);
    return { admitted: sum('admitted'), refused: sum('refused'), statements: sum('statements') };
  };
  const written = async (tenantId: string): Promise<Written> => {
    const [row] = await database.query<Written>(
      `SELECT u.used::int, u.reserved::int, concat_ws(' ', u.ctid, u.xmin, u.xmax) AS version,
         l.*, (SELECT count(*)::int FROM quota_reservations r WHERE r.tenant_id = $1) AS reservations,
         ARRAY(SELECT concat_ws(' ', rule, threshold, limit_value, deliver) FROM tenant_alerts a
           WHERE a.tenant_id = $1 ORDER BY threshold) AS alerts
       FROM tenant_usage u CROSS JOIN (
         SELECT sum(amount)::int AS ledger, count(*)::int AS rows, count(*) FILTER (WHERE kind = 'batch')::int AS batches
         FROM tenant_usage_ledger WHERE tenant_id = $1) l
       WHERE u.tenant_id = $1`,
      [tenantId],
    );
    return row!;
  };

  it.each(['consume', 'mixed'] as const)('get exactly those: %s', async (manner) => {
    const tenantId = await addTenant(database);
    const { admitted, refused, statements } = await flood(tenantId, manner);
    const after = await written(tenantId);
    process.stdout.write(
      `${manner}: admitted ${admitted}, refused ${refused}, ${statements} statements, ${after.rows} rows of the ledger\n`,
    );
    expect({ admitted, refused }).toEqual({ admitted: LIMIT, refused: CALLS - LIMIT });
    expect(after).toMatchObject({ used: LIMIT, reserved: 0, ledger: LIMIT });
    // Each once, though four processes raced over both: one to be delivered for each statement that crossed any.
    expect(after.alerts.map((alert) => alert.replace(/ [tf]$/, ''))).toEqual([
      `plan_limit_approaching 80 ${LIMIT}`,
      `quota_exceeded 100 ${LIMIT}`,
    ]);
    expect(after.alerts.at(-1)).toMatch(/ t$/);
    // What was refused left nothing: a row for each statement that granted something, and for each committed unit.
    expect(after.batches).toBeLessThanOrEqual(statements);
    expect(after.rows).toBe(after.batches + after.reservations);
    expect(after.reservations).toBeLessThanOrEqual(LIMIT);

    const { control, quotas } = await openQuotas(database.urls.control);
    const late = await Promise.allSettled([
      ...Array.from({ length: 100 }, () => quotas.consumeQuota('maxRuns', 1, { tenantId })),
      quotas.consumeQuota('maxRuns', 1, { tenantId, idempotencyKey: 'late' }),
      quotas.reserveQuota('maxRuns', 1, { tenantId }),
    ]);
    await control.destroy();
    expect(late.filter((each) => !isRefused(each))).toEqual([]);
    expect(await written(tenantId)).toEqual(after);
  });
});

function isRefused(settled: PromiseSettledResult<unknown>): boolean {
  return settled.status === 'rejected' && settled.reason instanceof QuotaExceededError;
}
