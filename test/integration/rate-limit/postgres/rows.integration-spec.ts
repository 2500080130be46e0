import { randomUUID } from 'node:crypto';
import type {
  CountedPolicy,
  RateLimitAlgorithm,
  RateLimitRequest,
} from '../../../../src/tenant/rate-limit/rate-limit.store.js';
import { PostgresRateLimitFixture } from './postgres-rate-limit.fixture.js';

const START = Date.UTC(2040, 2, 10, 12);
const MINUTE = 60_000;
const ALGORITHMS: readonly RateLimitAlgorithm[] = ['sliding-window', 'fixed-window', 'token-bucket'];

const limitOf = (algorithm: RateLimitAlgorithm, limit = 3, name = 'requests'): CountedPolicy => ({
  name,
  algorithm,
  limit,
  burst: limit,
  windowMs: MINUTE,
});
const one = (policy: CountedPolicy, cost = 1): RateLimitRequest[] => [{ policy, cost }];

describe('The rows of rate limits', () => {
  let fixture: PostgresRateLimitFixture;
  let subject: string;
  beforeAll(async () => {
    fixture = await PostgresRateLimitFixture.open();
  });
  afterAll(() => fixture.close());
  beforeEach(async () => {
    subject = randomUUID();
    await fixture.admin.query('TRUNCATE rate_limit_counters');
    await fixture.moveTo(START);
  });

  describe.each(ALGORITHMS)('%s', (algorithm) => {
    it('are neither written nor locked by what is refused, looked at, or free; by what is taken they are', async () => {
      const { store } = fixture;
      const full = limitOf(algorithm);
      const free = limitOf(algorithm, 100, 'free');
      await store.take(subject, one(full, 3));
      await store.take(subject, one(free, 1));
      const before = await fixture.rows(subject);
      await fixture.moveTo(START + 1_000);
      expect((await store.take(subject, one(full))).granted).toBe(0);
      expect((await store.take(subject, one(free, 101))).granted).toBe(0);
      expect((await store.take(subject, [...one(free), ...one(full)])).granted).toBe(0);
      expect((await store.take(subject, one(limitOf(algorithm, 0, 'none')))).granted).toBe(0);
      expect((await store.take(subject, one(free, 0))).granted).toBe(1);
      expect((await store.peek(subject, one(free))).granted).toBe(1);
      expect(await fixture.rows(subject)).toEqual(before);
      expect((await store.take(subject, one(free))).granted).toBe(1);
      expect(await fixture.rows(subject)).not.toEqual(before);
    });

    it('are swept once they say the same as none, and not before', async () => {
      const { store } = fixture;
      await store.take(subject, one(limitOf(algorithm)));
      await store.take(subject, one(limitOf(algorithm, 3, 'other')));
      const { resetMs } = (await store.peek(subject, one(limitOf(algorithm), 0))).states[0]!;
      await fixture.moveTo(START + resetMs - 1);
      await store.sweep(1_000);
      expect(await fixture.rows(subject)).toHaveLength(2);
      await fixture.moveTo(START + resetMs);
      expect(await store.sweep(1)).toBe(1);
      expect(await fixture.rows(subject)).toHaveLength(1);
      await store.sweep(1_000);
      expect(await fixture.rows(subject)).toEqual([]);
      expect(await store.sweep(1_000)).toBe(0);
    });

    it('that somebody holds are left by the sweep, which does not wait', async () => {
      const { store } = fixture;
      await store.take(subject, one(limitOf(algorithm)));
      await fixture.moveTo(START + 10 * MINUTE);
      const holder = fixture.control.createQueryRunner();
      await holder.startTransaction();
      await holder.query('SELECT FROM rate_limit_counters WHERE subject = $1 FOR UPDATE', [subject]);
      try {
        expect(await store.sweep(1_000)).toBe(0);
      } finally {
        await holder.rollbackTransaction();
        await holder.release();
      }
      expect(await fixture.rows(subject)).toHaveLength(1);
      await store.sweep(1_000);
      expect(await fixture.rows(subject)).toEqual([]);
    });
  });

  it('have no index that a take changes, and are not logged', async () => {
    const [{ persistence, indexes }] = await fixture.control.query<
      [{ persistence: string; indexes: string[] }]
    >(
      `SELECT relpersistence::text AS persistence, ARRAY(SELECT indexrelid::regclass::text FROM pg_index i
         WHERE i.indrelid = c.oid) AS indexes FROM pg_class c WHERE oid = 'rate_limit_counters'::regclass`,
    );
    expect({ persistence, indexes }).toEqual({ persistence: 'u', indexes: ['rate_limit_counters_pkey'] });
  });
});
