import { UnavailableError } from '@parallax/tenant';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { eventually } from '../../support/eventually.js';
import { addTenant, openQuotas, type OpenQuotas } from './processes/measured-plan.js';

const POOL_SIZE = 4;
const CALLERS = 200;
/** How many calls may wait for one counter. */
const MOST_WAITING = 20_000;

describe('A tenant whose counter everybody wants', () => {
  let database: TestDatabase;
  let opened: OpenQuotas;
  let pool: pg.Pool;
  let hot: string;
  let other: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    opened = await openQuotas(database.urls.control, POOL_SIZE);
    pool = (opened.control.driver as unknown as { master: pg.Pool }).master;
  });
  afterAll(async () => {
    await opened.control.destroy();
    await database.drop();
  });
  beforeEach(async () => {
    [hot, other] = [await addTenant(database), await addTenant(database)];
  });

  const consume = (tenantId: string): Promise<unknown> =>
    opened.quotas.consumeQuota('maxTokens', 1, { tenantId });
  const used = async (tenantId: string): Promise<number> =>
    (await opened.quotas.getQuotaStatus('maxTokens', { tenantId })).used;

  it('has one connection of the pool, and nobody else waits for one', async () => {
    let most = 0;
    let waited = 0;
    const look = (): void => {
      most = Math.max(most, pool.totalCount - pool.idleCount);
      waited = Math.max(waited, pool.waitingCount);
    };
    pool.on('acquire', look);
    let isOver = false;
    let calls = 0;
    const flood = Array.from({ length: CALLERS }, async () => {
      while (!isOver) {
        await consume(hot);
        calls += 1;
      }
    });
    await eventually('the flood is on', () => calls > CALLERS);
    const before = calls;
    for (let call = 0; call < 100; call += 1) await consume(other);
    expect(calls).toBeGreaterThan(before);
    isOver = true;
    await Promise.all(flood);
    pool.off('acquire', look);

    // One for the counter, one for the caller who goes on beside it.
    expect({ most, waited }).toEqual({ most: 2, waited: 0 });
    expect([await used(hot), await used(other)]).toEqual([calls, 100]);
  });

  it('keeps the others going while it waits for a lock, and refuses whom it would keep waiting too long', async () => {
    await consume(hot);
    const holder = new pg.Client({ connectionString: database.urls.admin });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT FROM tenant_usage WHERE tenant_id = $1 FOR UPDATE', [hot]);

    const waiting = Array.from({ length: MOST_WAITING }, () => consume(hot));
    const refused = await Promise.allSettled(Array.from({ length: 100 }, () => consume(hot)));
    expect(
      refused.filter((each) => !(each.status === 'rejected' && each.reason instanceof UnavailableError)),
    ).toEqual([]);
    await eventually('it waits for the lock', async () => {
      const [row] = await database.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock'`,
        [database.name],
      );
      return row!.n === 1;
    });
    await Promise.all(Array.from({ length: 10 }, () => consume(other)));
    expect([await used(other), pool.totalCount - pool.idleCount]).toEqual([10, 1]);

    await holder.query('COMMIT');
    await holder.end();
    await Promise.all(waiting);
    expect(await used(hot)).toBe(1 + MOST_WAITING);
    await consume(hot); // and there is room again
  });
});
