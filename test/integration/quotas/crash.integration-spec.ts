import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { OwnPostgres } from '../../support/own-postgres.js';
import { ChildProgram } from './processes/child-program.js';
import { JournalReading, unitsOf } from './processes/journal.js';
import { addTenant, openQuotas } from './processes/measured-plan.js';

const PROCESSES = 3;
const CALLERS_EACH = 6;
const KILLS = 8;
/** Few, so that callers are at the limit for most of the time. */
const LIMIT = 200;
const RESOURCES = ['maxRuns', 'maxTokens'];

interface Place {
  readonly path: string;
  child: ChildProgram;
  isAtWork: Promise<string>;
}

describe('Units that processes count which are killed again and again, on a server that crashes', () => {
  let server: OwnPostgres;
  let database: TestDatabase;
  let directory: string;
  let paths: string[];
  let tenantId: string;

  beforeAll(async () => {
    server = await OwnPostgres.start({ max_connections: 40 });
    database = await createTestDatabase({ server: server.adminUrl() });
    directory = mkdtempSync(join(tmpdir(), 'quota-journals-'));
    paths = Array.from({ length: PROCESSES }, (_, at) => join(directory, `${at}`));
    tenantId = await addTenant(database, { maxRuns: LIMIT });
    await killAgainAndAgain();
  }, 180_000);
  afterAll(async () => {
    await server.remove();
    rmSync(directory, { recursive: true });
  });

  const start = (path: string): Pick<Place, 'child' | 'isAtWork'> => {
    const child = new ChildProgram('journal-process.ts', [database.urls.control, tenantId, path]);
    const isAtWork = child.line();
    isAtWork.catch(() => undefined); // whoever waits for it is told
    return { child, isAtWork };
  };
  /** Each process goes as soon as it is at work, and another takes its place and its journal. */
  const killAgainAndAgain = async (): Promise<void> => {
    const places: Place[] = paths.map((path) => ({ path, ...start(path) }));
    try {
      for (let kill = 0; kill < KILLS; kill += 1) {
        const next = places[kill % PROCESSES]!;
        await next.isAtWork;
        await next.child.kill();
        Object.assign(next, start(next.path));
        if (kill !== KILLS / 2) continue;
        await Promise.all(places.map(({ isAtWork }) => isAtWork));
        await server.restart('immediate');
      }
      await Promise.all(places.map(({ isAtWork }) => isAtWork));
      await Promise.all(places.map(({ child }) => child.finish()));
    } finally {
      await Promise.all(places.map(({ child }) => child.kill()));
    }
  };
  const one = async (sql: string): Promise<number> => {
    const [row] = await database.query<{ n: number }>(`SELECT (${sql})::int AS n`, [tenantId]);
    return row!.n;
  };

  it('are all charged that were acknowledged, no more than were under way besides, and never over the limit', async () => {
    const { control, store, quotas } = await openQuotas(database.urls.control);
    const journal = new JournalReading(paths);
    const cutOff = journal.open;
    expect(cutOff.length).toBeLessThanOrEqual(KILLS * CALLERS_EACH);

    // Whoever was cut off under a key asks again, and twice.
    const keyed = new Map<string, number>(RESOURCES.map((resource) => [resource, 0]));
    for (const { id, resource, units } of cutOff.filter(({ isKeyed }) => isKeyed)) {
      const ask = () => quotas.tryConsumeQuota(resource, units, { tenantId, idempotencyKey: id });
      const answers = [await ask(), await ask()];
      if (answers[1]!.allowed) keyed.set(resource, keyed.get(resource)! + units);
    }
    // What nobody will resolve any more, as if its time were over.
    await database.query('UPDATE quota_reservations SET expires_at = now()');
    const open = `SELECT count(*) FROM quota_reservations WHERE tenant_id = $1 AND state IN ('reserved', 'in_flight')`;
    const left = await one(open);
    expect(await store.expire(1_000)).toBe(left);
    expect(await one(open)).toBe(0);
    expect(await quotas.reconcile({ tenantId, dryRun: true })).toEqual([]);

    for (const resource of RESOURCES) {
      const { used, reserved } = await quotas.getQuotaStatus(resource, { tenantId });
      const of = `FROM tenant_usage_ledger WHERE tenant_id = $1 AND resource = '${resource}'`;
      const acknowledged = journal.acknowledged(resource) + keyed.get(resource)!;
      const unknown = unitsOf([...cutOff.filter(({ isKeyed }) => !isKeyed), ...journal.lost], resource);
      process.stdout.write(
        `${resource}: acknowledged ${acknowledged}, charged ${used}, unknown at most ${unknown}; ` +
          `${cutOff.length} calls cut off, ${journal.lost.length} lost, ${left} reservations left\n`,
      );
      expect(acknowledged).toBeGreaterThan(0);
      expect(used).toBeGreaterThanOrEqual(acknowledged);
      expect(used - acknowledged).toBeLessThanOrEqual(unknown);
      expect({ reserved, ledger: await one(`SELECT sum(amount) ${of}`) }).toEqual({
        reserved: 0,
        ledger: used,
      });
      // Under a key there is nothing that nobody knows.
      expect(await one(`SELECT sum(amount) ${of} AND kind = 'keyed'`)).toBe(
        journal.acknowledged(resource, ({ isKeyed }) => isKeyed) + keyed.get(resource)!,
      );
    }
    expect((await quotas.getQuotaStatus('maxRuns', { tenantId })).used).toBeLessThanOrEqual(LIMIT);
    await control.destroy();
  });
});
