import { ConnectionLostError, IdempotencyKeyReusedError, type QuotaManager } from '@parallax/tenant';
import type { DataSource } from 'typeorm';
import { eventually } from '../../support/eventually.js';
import { type FaultyProxy, startFaultyProxy } from '../../support/faulty-proxy.js';
import { connectControl, managerOver, QuotaDatabase } from './quota-database.js';

describe('QuotaManager, in PostgreSQL', () => {
  let database: QuotaDatabase;
  let quotas: QuotaManager;
  beforeAll(async () => {
    database = await QuotaDatabase.create();
    ({ quotas } = database);
  });
  afterAll(() => database.drop());

  describe('together', () => {
    const both = [
      { resource: 'maxTokens', amount: 40 },
      { resource: 'maxRuns', amount: 4 },
    ];

    it('consumes all or nothing', async () => {
      const tenantId = await database.createTenant();
      await quotas.consumeMany(both, { tenantId });
      await expect(quotas.consumeMany(both, { tenantId })).resolves.toMatchObject([
        { resource: 'maxTokens', used: 80 },
        { resource: 'maxRuns', used: 8 },
      ]);
      await expect(quotas.consumeMany(both, { tenantId })).rejects.toMatchObject({ resource: 'maxTokens' });
      await expect(quotas.getAllQuotas({ tenantId })).resolves.toMatchObject({
        maxTokens: { used: 80 },
        maxRuns: { used: 8 },
        maxAgents: { used: 0, kind: 'allocation' },
        maxAtOnce: { kind: 'concurrency' },
      });
    });

    it('counts a key once, and refuses it with other items', async () => {
      const tenantId = await database.createTenant();
      const call = (): Promise<object[]> => quotas.consumeMany(both, { tenantId, idempotencyKey: 'k' });
      await Promise.all([call(), call(), call()]);
      await expect(quotas.getQuotaStatus('maxRuns', { tenantId })).resolves.toMatchObject({ used: 4 });
      await expect(
        quotas.consumeMany([{ resource: 'maxRuns', amount: 4 }], { tenantId, idempotencyKey: 'k' }),
      ).rejects.toBeInstanceOf(IdempotencyKeyReusedError);
    });

    it('never waits for itself, in whatever order callers name their limits', async () => {
      const tenantId = await database.createTenant('endless');
      await Promise.all(
        Array.from({ length: 60 }, (_, index) =>
          quotas.consumeMany(index % 2 ? both : [...both].reverse(), { tenantId }),
        ),
      );
      await expect(quotas.getAllQuotas({ tenantId })).resolves.toMatchObject({
        maxRuns: { used: 240 },
        maxTokens: { used: 2_400 },
      });
    });

    it('says that units may have been taken when only what is left could not be read', async () => {
      const tenantId = await database.createTenant();
      const control = (
        await database.control.query<[{ name: string }]>('SELECT quote_ident(current_user) AS name')
      )[0];
      await database.query(`REVOKE EXECUTE ON FUNCTION tenant_quota_read FROM ${control.name}`);
      const call = quotas.consumeMany(both, { tenantId }).catch((error: unknown) => error);
      expect(await call).toBeInstanceOf(ConnectionLostError);
      await database.query(`GRANT EXECUTE ON FUNCTION tenant_quota_read TO ${control.name}`);
      await expect(quotas.getQuotaStatus('maxRuns', { tenantId })).resolves.toMatchObject({ used: 4 });
    });

    it.each<[string, { resource: string; amount: number }[]]>([
      ['nothing', []],
      ['a limit twice', [both[0]!, both[0]!]],
      ['what is not consumed', [{ resource: 'maxAtOnce', amount: 1 }]],
      ['no units', [{ resource: 'maxRuns', amount: 0 }]],
    ])('does not consume %s', async (_, items) => {
      const tenantId = await database.createTenant();
      await expect(quotas.consumeMany(items, { tenantId })).rejects.toMatchObject({
        code: 'CONFIGURATION_INVALID',
      });
    });
  });

  it('advises, and writes nothing', async () => {
    const tenantId = await database.createTenant();
    await expect(quotas.checkQuota('maxRuns', 10, { tenantId })).resolves.toMatchObject({
      allowed: true,
      quota: { used: 0, limit: 10 },
    });
    await expect(quotas.checkQuota('maxRuns', 11, { tenantId })).resolves.toMatchObject({ allowed: false });
    await expect(
      database.query('SELECT FROM tenant_usage WHERE tenant_id = $1', [tenantId]),
    ).resolves.toEqual([]);
  });

  describe('when a limit is lowered under what is used', () => {
    const alertsOf = (tenantId: string): Promise<object[]> =>
      database.query(
        `SELECT resource, limit_value::int AS limit, threshold, deliver FROM tenant_alerts
         WHERE tenant_id = $1 ORDER BY raised_at, resource, threshold`,
        [tenantId],
      );

    it('raises alerts, of what is consumed and of what there is', async () => {
      const tenantId = await database.createTenant();
      await quotas.consumeQuota('maxRuns', 7, { tenantId });
      await database.query(
        'INSERT INTO agents (tenant_id, id, name) SELECT $1, gen_random_uuid(), n FROM generate_series(1, 2) n',
        [tenantId],
      );
      await expect(alertsOf(tenantId)).resolves.toEqual([]);
      await database.control.query(
        `UPDATE tenants SET limits = '{"maxRuns": 5, "maxAgents": 0}' WHERE id = $1`,
        [tenantId],
      );
      await expect(alertsOf(tenantId)).resolves.toEqual([
        { resource: 'maxAgents', limit: 0, threshold: 80, deliver: false },
        { resource: 'maxAgents', limit: 0, threshold: 100, deliver: true },
        { resource: 'maxRuns', limit: 5, threshold: 80, deliver: false },
        { resource: 'maxRuns', limit: 5, threshold: 100, deliver: true },
      ]);
    });

    it('raises alerts of a call that was under way', async () => {
      const tenantId = await database.createTenant();
      await quotas.consumeQuota('maxRuns', 4, { tenantId });
      const lowered = await database.control.transaction(async (manager) => {
        await manager.query(`SELECT tenant_quota_apply($1, 'maxRuns', 'consumption', '[1]')`, [tenantId]);
        const change = database.query(`UPDATE tenants SET limits = '{"maxRuns": 5}' WHERE id = $1`, [
          tenantId,
        ]);
        // What holds it up is the call; without that it is through before the call is.
        const isThrough = change.then(() => true);
        await eventually('the change waits, or is through', async () => {
          const waiting = await database.query(
            `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
          );
          return waiting.length > 0 || (await Promise.race([isThrough, Promise.resolve(false)]));
        });
        return { change };
      });
      await lowered.change;
      await expect(alertsOf(tenantId)).resolves.toMatchObject([
        { threshold: 80 },
        { limit: 5, threshold: 100 },
      ]);
    });

    it('raises none where there is room, nor a second time', async () => {
      const tenantId = await database.createTenant();
      await quotas.consumeQuota('maxRuns', 7, { tenantId });
      for (const limit of [9, 5, 9, 5]) {
        await database.control.query(
          `UPDATE tenants SET limits = jsonb_build_object('maxRuns', $2::int) WHERE id = $1`,
          [tenantId, limit],
        );
      }
      await expect(alertsOf(tenantId)).resolves.toHaveLength(2);
    });
  });

  it('finds drift, tells it, and sets it right by the ledger', async () => {
    const tenantId = await database.createTenant();
    await quotas.consumeQuota('maxRuns', 3, { tenantId });
    await quotas.reserveQuota('maxRuns', 2, { tenantId });
    await expect(quotas.reconcile({ tenantId, resource: 'maxRuns' })).resolves.toEqual([]);
    await database.query('UPDATE tenant_usage SET used = 9, reserved = 0 WHERE tenant_id = $1', [tenantId]);
    const drift = { before: { used: 9, reserved: 0 }, after: { used: 3, reserved: 2 } };
    await expect(quotas.reconcile({ tenantId, resource: 'maxRuns', dryRun: true })).resolves.toMatchObject([
      drift,
    ]);
    await expect(quotas.reconcile({ tenantId, resource: 'maxRuns' })).resolves.toMatchObject([drift]);
    await expect(quotas.reconcile({ tenantId, resource: 'maxRuns' })).resolves.toEqual([]);
  });

  it('starts a period from nothing, and gives back to the one a reservation was made in', async () => {
    const tenantId = await database.createTenant();
    await quotas.consumeQuota('maxRuns', 6, { tenantId });
    const reservation = await quotas.reserveQuota('maxRuns', 4, { tenantId });
    // A month ago it would have been the period before this one.
    for (const table of ['tenant_usage', 'tenant_usage_ledger', 'quota_reservations']) {
      await database.query(
        `UPDATE ${table} SET period_start = ((period_start AT TIME ZONE 'UTC') - interval '1 month') AT TIME ZONE 'UTC' WHERE tenant_id = $1`,
        [tenantId],
      );
    }
    await expect(quotas.consumeQuota('maxRuns', 10, { tenantId })).resolves.toMatchObject({ used: 10 });
    await reservation.commit(1);
    await expect(quotas.getQuotaStatus('maxRuns', { tenantId })).resolves.toMatchObject({ used: 10 });
    await expect(
      database.query(
        'SELECT used::int, reserved::int FROM tenant_usage WHERE tenant_id = $1 ORDER BY period_start',
        [tenantId],
      ),
    ).resolves.toEqual([
      { used: 7, reserved: 0 },
      { used: 10, reserved: 0 },
    ]);
  });

  describe('with its database away', () => {
    let proxy: FaultyProxy;
    let far: DataSource;
    let remote: QuotaManager;
    beforeEach(async () => {
      proxy = await startFaultyProxy(database.controlUrl);
      far = await connectControl(proxy.through(database.controlUrl));
      remote = managerOver(far);
    });
    afterEach(async () => {
      await far.destroy();
      await proxy.close();
    });

    it('admits nothing, says that nothing was done, and goes on when it is back', async () => {
      const tenantId = await database.createTenant();
      await remote.consumeQuota('maxRuns', 1, { tenantId });
      await proxy.cut();
      for (const call of [
        () => remote.consumeQuota('maxRuns', 1, { tenantId }),
        () => remote.reserveQuota('maxRuns', 1, { tenantId }),
        () => remote.consumeMany([{ resource: 'maxRuns', amount: 1 }], { tenantId }),
        () => remote.checkQuota('maxRuns', 1, { tenantId }),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      }
      await proxy.mend();
      await expect(remote.consumeQuota('maxRuns', 1, { tenantId })).resolves.toMatchObject({ used: 2 });
    });

    it('says that nobody knows, when the connection ended under the statement', async () => {
      const tenantId = await database.createTenant();
      await remote.consumeQuota('maxRuns', 1, { tenantId });
      proxy.swallow();
      const call = remote.consumeQuota('maxRuns', 1, { tenantId, idempotencyKey: 'again' });
      const failed = expect(call).rejects.toBeInstanceOf(ConnectionLostError);
      await new Promise((resolve) => setTimeout(resolve, 50));
      await proxy.cut();
      await failed;
      await proxy.mend();
      await remote.consumeQuota('maxRuns', 1, { tenantId, idempotencyKey: 'again' });
      await expect(remote.getQuotaStatus('maxRuns', { tenantId })).resolves.toMatchObject({ used: 2 });
    });
  });
});
