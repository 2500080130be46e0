import {
  PostgresQuotaStore,
  QuotaSweeper,
  ReservationExpiredError,
  type QuotaManager,
} from '@parallax/tenant';
import { managerOver, QuotaDatabase } from './quota-database.js';

describe('reserving of a quota, in PostgreSQL', () => {
  let database: QuotaDatabase;
  let quotas: QuotaManager;
  beforeAll(async () => {
    database = await QuotaDatabase.create();
    ({ quotas } = database);
  });
  afterAll(() => database.drop());

  it('holds units, charges what was used of them, and gives back the rest', async () => {
    const tenantId = await database.createTenant();
    const reservation = await quotas.reserveQuota('maxRuns', 8, { tenantId });
    expect(reservation.decision).toMatchObject({ allowed: true, used: 0, reserved: 8, remaining: 2 });
    await expect(quotas.tryConsumeQuota('maxRuns', 3, { tenantId })).resolves.toMatchObject({
      allowed: false,
    });
    await expect(reservation.commit(5)).resolves.toMatchObject({ state: 'committed', charged: 5 });
    await expect(quotas.getQuotaStatus('maxRuns', { tenantId })).resolves.toMatchObject({
      used: 5,
      reserved: 0,
    });
    await expect(database.ledgerOf(tenantId)).resolves.toEqual([
      { kind: 'reservation', amount: 5, calls: 1 },
    ]);
  });

  it('stays as it was resolved first', async () => {
    const tenantId = await database.createTenant();
    const reservation = await quotas.reserveQuota('maxRuns', 2, { tenantId });
    await reservation.commit();
    await expect(reservation.release()).resolves.toMatchObject({ state: 'committed', charged: 2 });
    await expect(reservation.commit(1)).resolves.toMatchObject({ state: 'committed', charged: 2 });
  });

  it('is not committed once it was given back, by its key neither', async () => {
    const tenantId = await database.createTenant();
    const reserve = () => quotas.reserveQuota('maxRuns', 2, { tenantId, idempotencyKey: 'k' });
    await (await reserve()).release();
    await expect((await reserve()).commit()).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect((await reserve()).begin()).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('charges nobody more than was held', async () => {
    const tenantId = await database.createTenant();
    const reservation = await quotas.reserveQuota('maxRuns', 2, { tenantId });
    expect(() => reservation.commit(3)).toThrow(/2 is reserved/);
    await expect(
      quotas.reservation('maxRuns', reservation.id, { tenantId }).commit(3),
    ).resolves.toMatchObject({
      charged: 2,
    });
  });

  it('is resolved by its id elsewhere, by its own tenant only', async () => {
    const tenantId = await database.createTenant();
    const { id } = await quotas.reserveQuota('maxRuns', 2, { tenantId });
    const stranger = await database.createTenant();
    await expect(quotas.reservation('maxRuns', id, { tenantId: stranger }).release()).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(() => quotas.reservation('maxRuns', 'nonsense', { tenantId })).toThrow('no such reservation');
    const again = managerOver(database.control);
    await expect(again.reservation('maxRuns', id, { tenantId }).commit()).resolves.toMatchObject({
      charged: 2,
    });
  });

  it('is given back at its expiry when no work had begun, and charged when it had', async () => {
    const tenantId = await database.createTenant();
    const idle = await quotas.reserveQuota('maxRuns', 3, { tenantId });
    const begun = await quotas.reserveQuota('maxRuns', 4, { tenantId });
    await expect(begun.begin()).resolves.toMatchObject({ state: 'in_flight' });
    await database.expireAll(tenantId);
    await expect(quotas.getQuotaStatus('maxRuns', { tenantId })).resolves.toMatchObject({
      used: 4,
      reserved: 0,
    });
    await expect(idle.commit()).rejects.toBeInstanceOf(ReservationExpiredError);
    await expect(begun.commit()).rejects.toMatchObject({ charged: 4 });
    await expect(begun.release()).resolves.toMatchObject({ state: 'expired', charged: 4 });
  });

  it('makes room for the next caller as soon as its time is over, swept or not', async () => {
    const tenantId = await database.createTenant();
    await quotas.reserveQuota('maxRuns', 10, { tenantId });
    await database.expireAll(tenantId);
    await expect(quotas.consumeQuota('maxRuns', 10, { tenantId })).resolves.toMatchObject({ used: 10 });
  });

  it('is swept when nobody calls', async () => {
    const tenantId = await database.createTenant();
    await quotas.reserveQuota('maxRuns', 10, { tenantId, inFlight: true });
    await database.expireAll(tenantId);
    const sweeper = new QuotaSweeper(new PostgresQuotaStore(database.control), {
      applyDuePlanChanges: () => Promise.resolve(0),
    });
    expect(await sweeper.sweep()).toBeGreaterThan(0);
    await expect(
      database.query('SELECT state, charged::int FROM quota_reservations WHERE tenant_id = $1', [tenantId]),
    ).resolves.toEqual([{ state: 'expired', charged: 10 }]);
  });

  it('is swept beside one of a tenant whose row is gone', async () => {
    const [gone, tenantId] = [await database.createTenant(), await database.createTenant()];
    for (const each of [gone, tenantId]) {
      await quotas.reserveQuota('maxRuns', 1, { tenantId: each });
      await database.expireAll(each);
    }
    await database.query('DELETE FROM tenants WHERE id = $1', [gone]);
    await expect(new PostgresQuotaStore(database.control).expire(100)).resolves.toBe(1);
    await database.query('DELETE FROM quota_reservations WHERE tenant_id = $1', [gone]);
    await expect(
      database.query('SELECT state FROM quota_reservations WHERE tenant_id = $1', [tenantId]),
    ).resolves.toEqual([{ state: 'expired' }]);
  });

  it('gives back failed work up to a tenth of the limit, and charges it beyond', async () => {
    const tenantId = await database.createTenant();
    const states: string[] = [];
    for (let failure = 0; failure < 3; failure += 1) {
      const reservation = await quotas.reserveQuota('maxRuns', 1, { tenantId, inFlight: true });
      states.push((await reservation.release()).state);
    }
    expect(states).toEqual(['released', 'committed', 'committed']);
    await expect(quotas.getQuotaStatus('maxRuns', { tenantId })).resolves.toMatchObject({ used: 2 });
  });

  it('is the same one for the same key', async () => {
    const tenantId = await database.createTenant();
    const reserve = (): ReturnType<QuotaManager['reserveQuota']> =>
      quotas.reserveQuota('maxRuns', 6, { tenantId, idempotencyKey: 'job-7' });
    const first = await reserve();
    const second = await reserve();
    expect(second.id).toBe(first.id);
    expect(second.decision.replayed).toBe(true);
    await expect(quotas.getQuotaStatus('maxRuns', { tenantId })).resolves.toMatchObject({ reserved: 6 });
  });

  it('holds what is under way at once, and frees it at the end', async () => {
    const tenantId = await database.createTenant();
    const first = await quotas.reserveQuota('maxAtOnce', 1, { tenantId, inFlight: true });
    const second = await quotas.reserveQuota('maxAtOnce', 1, { tenantId, inFlight: true });
    await expect(quotas.reserveQuota('maxAtOnce', 1, { tenantId })).rejects.toMatchObject({
      code: 'CONCURRENCY_LIMITED',
    });
    await first.commit();
    await second.release();
    await expect(quotas.getQuotaStatus('maxAtOnce', { tenantId })).resolves.toMatchObject({
      used: 0,
      reserved: 0,
      resetsAt: null,
    });
  });

  it.each([0, -1, 86_401, 1.5])('does not hold for %d seconds', async (ttlSeconds) => {
    const tenantId = await database.createTenant();
    await expect(quotas.reserveQuota('maxRuns', 1, { tenantId, ttlSeconds })).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
    });
  });
});
