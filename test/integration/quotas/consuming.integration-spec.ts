import { randomUUID } from 'node:crypto';
import { IdempotencyKeyReusedError, QuotaExceededError, type QuotaManager } from '@parallax/tenant';
import { eventually } from '../../support/eventually.js';
import { QuotaDatabase } from './quota-database.js';

describe('consuming a quota, in PostgreSQL', () => {
  let database: QuotaDatabase;
  let quotas: QuotaManager;
  beforeAll(async () => {
    database = await QuotaDatabase.create();
    ({ quotas } = database);
  });
  afterAll(() => database.drop());

  it('admits up to the limit, and refuses the next with all there is to say', async () => {
    const tenantId = await database.createTenant();
    await expect(quotas.consumeQuota('maxRuns', 9, { tenantId })).resolves.toMatchObject({
      allowed: true,
      used: 9,
      remaining: 1,
    });
    await expect(quotas.consumeQuota('maxRuns', 1, { tenantId })).resolves.toMatchObject({ remaining: 0 });
    const refusal: unknown = await quotas.consumeQuota('maxRuns', 1, { tenantId }).catch((e: unknown) => e);
    expect(refusal).toBeInstanceOf(QuotaExceededError);
    expect((refusal as QuotaExceededError).getStatus()).toBe(429);
    expect((refusal as QuotaExceededError).getResponse()).toMatchObject({
      code: 'QUOTA_EXCEEDED',
      resource: 'maxRuns',
      limit: 10,
      used: 10,
      requested: 1,
      remaining: 0,
      plan: 'ten',
    });
  });

  it('admits of callers at once those who fit', async () => {
    const tenantId = await database.createTenant();
    const answers = await Promise.all(
      [6, 6, 4].map((units) => quotas.tryConsumeQuota('maxRuns', units, { tenantId })),
    );
    expect(answers.map(({ allowed }) => allowed)).toEqual([true, false, true]);
    await expect(quotas.getQuotaStatus('maxRuns', { tenantId })).resolves.toMatchObject({ used: 10 });
  });

  it('writes nothing for what it refuses', async () => {
    const tenantId = await database.createTenant();
    await expect(quotas.tryConsumeQuota('maxRuns', 11, { tenantId })).resolves.toMatchObject({
      allowed: false,
      used: 0,
      remaining: 10,
    });
    await expect(
      quotas.tryConsumeQuota('maxRuns', 11, { tenantId, idempotencyKey: 'k' }),
    ).resolves.toMatchObject({ allowed: false });
    await expect(
      database.query('SELECT FROM tenant_usage WHERE tenant_id = $1', [tenantId]),
    ).resolves.toEqual([]);
    await expect(database.ledgerOf(tenantId)).resolves.toEqual([]);
  });

  it('gives 200 callers at once one statement after another, and one row of the ledger for each', async () => {
    const tenantId = await database.createTenant('endless');
    await Promise.all(Array.from({ length: 200 }, () => quotas.consumeQuota('maxRuns', 1, { tenantId })));
    const ledger = await database.ledgerOf(tenantId);
    expect(ledger.reduce((sum, { amount }) => sum + amount, 0)).toBe(200);
    expect(ledger.reduce((sum, { calls }) => sum + calls, 0)).toBe(200);
    expect(ledger.length).toBeLessThan(5);
  });

  it('counts, and refuses nothing, where there is no limit', async () => {
    const tenantId = await database.createTenant('endless');
    await expect(quotas.consumeQuota('maxRuns', 1_000_000, { tenantId })).resolves.toMatchObject({
      limit: null,
      unlimited: true,
      remaining: null,
      used: 1_000_000,
    });
  });

  it('counts a key once, and answers its twins alike', async () => {
    const tenantId = await database.createTenant();
    const call = (): Promise<object> =>
      quotas.consumeQuota('maxRuns', 4, { tenantId, idempotencyKey: 'order-1' });
    const answers = await Promise.all([call(), call(), call()]);
    expect(answers.map((answer) => (answer as { replayed: boolean }).replayed).sort()).toEqual([
      false,
      true,
      true,
    ]);
    await expect(quotas.getQuotaStatus('maxRuns', { tenantId })).resolves.toMatchObject({ used: 4 });
    await quotas.consumeQuota('maxRuns', 6, { tenantId });
    await expect(call()).resolves.toMatchObject({ allowed: true, replayed: true });
  });

  it('refuses a key that comes with another call, of another limit too', async () => {
    const tenantId = await database.createTenant();
    await quotas.consumeQuota('maxRuns', 4, { tenantId, idempotencyKey: 'k' });
    for (const [resource, amount] of [
      ['maxRuns', 5],
      ['maxTokens', 4],
    ] as const) {
      await expect(
        quotas.consumeQuota(resource, amount, { tenantId, idempotencyKey: 'k' }),
      ).rejects.toBeInstanceOf(IdempotencyKeyReusedError);
    }
    const other = await database.createTenant();
    await expect(
      quotas.consumeQuota('maxTokens', 5, { tenantId: other, idempotencyKey: 'k' }),
    ).resolves.toMatchObject({ replayed: false });
  });

  it('takes nothing and passes, for 0 units, over the limit too', async () => {
    const tenantId = await database.createTenant();
    await quotas.consumeQuota('maxRuns', 10, { tenantId });
    await database.query(`UPDATE tenants SET limits = '{"maxRuns": 1}' WHERE id = $1`, [tenantId]);
    await expect(quotas.consumeQuota('maxRuns', 0, { tenantId })).resolves.toMatchObject({
      allowed: true,
      overage: 9,
    });
  });

  it.each<[string, string, number, object]>([
    ['a limit nobody declared', 'maxDogs', 1, { code: 'CONFIGURATION_INVALID' }],
    ['a value that nothing counts', 'retentionDays', 1, { code: 'CONFIGURATION_INVALID' }],
    ['a limit that rows count against', 'maxAgents', 1, { code: 'CONFIGURATION_INVALID' }],
    ['a limit of what is under way', 'maxAtOnce', 1, { code: 'CONFIGURATION_INVALID' }],
    ['a rate, without a rate limiter', 'maxPerMinute', 1, { code: 'CONFIGURATION_INVALID' }],
    ['less than nothing', 'maxRuns', -1, { code: 'CONFIGURATION_INVALID' }],
    ['a part of a unit', 'maxRuns', 0.5, { code: 'CONFIGURATION_INVALID' }],
    ['no number', 'maxRuns', Number.NaN, { code: 'CONFIGURATION_INVALID' }],
  ])('does not consume %s', async (_, resource, amount, error) => {
    const tenantId = await database.createTenant();
    await expect(quotas.consumeQuota(resource, amount, { tenantId })).rejects.toMatchObject(error);
  });

  it.each(['', 'two words', 'ü', 'x'.repeat(256), 'nul\u0000'])(
    'does not take %j for a key',
    async (idempotencyKey) => {
      const tenantId = await database.createTenant();
      await expect(quotas.consumeQuota('maxRuns', 1, { tenantId, idempotencyKey })).rejects.toMatchObject({
        code: 'VALIDATION_FAILED',
      });
    },
  );

  it('serves nobody unknown, deleted or suspended', async () => {
    for (const tenantId of [randomUUID(), 'no uuid', randomUUID().toUpperCase()]) {
      await expect(quotas.consumeQuota('maxRuns', 1, { tenantId })).rejects.toMatchObject({
        code: 'TENANT_NOT_FOUND',
      });
    }
    const tenantId = await database.createTenant();
    await database.query(`UPDATE tenants SET status = 'suspended' WHERE id = $1`, [tenantId]);
    await expect(quotas.consumeQuota('maxRuns', 1, { tenantId })).rejects.toMatchObject({
      code: 'TENANT_SUSPENDED',
    });
    await database.query(`UPDATE tenants SET status = 'deleted', deleted_at = now() WHERE id = $1`, [
      tenantId,
    ]);
    await expect(quotas.consumeQuota('maxRuns', 1, { tenantId })).rejects.toMatchObject({
      code: 'TENANT_NOT_FOUND',
    });
  });

  it('does not serve who was suspended while the call waited for its turn', async () => {
    const tenantId = await database.createTenant();
    await quotas.consumeQuota('maxRuns', 1, { tenantId });
    const waiting = await database.control.transaction(async (manager) => {
      await manager.query('SELECT FROM tenant_usage WHERE tenant_id = $1 FOR UPDATE', [tenantId]);
      const call = quotas.consumeQuota('maxRuns', 1, { tenantId }).catch((error: unknown) => error);
      await eventually('the call waits for the row', async () => {
        const blocked = await database.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return blocked.length === 1;
      });
      await database.query(`UPDATE tenants SET status = 'suspended' WHERE id = $1`, [tenantId]);
      return { call };
    });
    await expect(waiting.call).resolves.toMatchObject({ code: 'TENANT_SUSPENDED' });
    await expect(quotas.getQuotaStatus('maxRuns', { tenantId })).resolves.toMatchObject({ used: 1 });
  });

  it('admits what a limit in its trial would refuse, and tells how much', async () => {
    await database.query(
      `INSERT INTO plans (name, version, price_cents, limits, features, quotas)
       VALUES ('trial', 1, 0, '{"maxRuns": 2}', '[]', '{"maxRuns": {"enforcement": "shadow"}}')`,
    );
    const tenantId = await database.createTenant('trial');
    await expect(quotas.consumeQuota('maxRuns', 5, { tenantId })).resolves.toMatchObject({
      allowed: true,
      overage: 3,
      wouldDeny: 3,
    });
  });

  it('asks for a tenant where none is', async () => {
    await expect(quotas.consumeQuota('maxRuns')).rejects.toMatchObject({ code: 'TENANT_SCOPE_MISSING' });
  });

  it('takes a limit that was changed from the next call on', async () => {
    const tenantId = await database.createTenant();
    await quotas.consumeQuota('maxRuns', 10, { tenantId });
    await database.query(`UPDATE tenants SET limits = '{"maxRuns": 12}' WHERE id = $1`, [tenantId]);
    await expect(quotas.consumeQuota('maxRuns', 2, { tenantId })).resolves.toMatchObject({ limit: 12 });
    await database.query(`UPDATE tenants SET limits = '{}' WHERE id = $1`, [tenantId]);
    await expect(quotas.tryConsumeQuota('maxRuns', 1, { tenantId })).resolves.toMatchObject({
      allowed: false,
      overage: 2,
      remaining: 0,
    });
  });

  it('holds a scheduled plan from its moment, before anybody rewrote the tenant', async () => {
    const tenantId = await database.createTenant('endless');
    await database.query(
      `UPDATE tenants SET scheduled_plan = 'ten', scheduled_plan_version = 1, scheduled_at = now() + interval '1 h' WHERE id = $1`,
      [tenantId],
    );
    await expect(quotas.consumeQuota('maxRuns', 11, { tenantId })).resolves.toMatchObject({
      plan: 'endless',
    });
    await database.query(`UPDATE tenants SET scheduled_at = now() WHERE id = $1`, [tenantId]);
    await expect(quotas.tryConsumeQuota('maxRuns', 1, { tenantId })).resolves.toMatchObject({
      allowed: false,
      plan: 'ten',
    });
  });
});
