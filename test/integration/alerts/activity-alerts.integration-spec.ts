import { randomUUID } from 'node:crypto';
import { type Alert, AlertService, tryGetTenantContext } from '@parallax/tenant';
import type { DataSource } from 'typeorm';
import { ActivityAlerts } from '../../../src/tenant/alerts/activity/activity-alerts.js';
import { ViolationRecorder } from '../../../src/tenant/alerts/activity/violation-recorder.js';
import { eventually } from '../../support/eventually.js';
import { startFaultyProxy } from '../../support/faulty-proxy.js';
import { inScopeOf } from '../../support/notes.js';
import type { AlertDatabase } from './alert-database.js';
import { Dispatchers } from './dispatchers.js';
import { recordingLogger } from './recording-channel.js';

const HOUR_MS = 3_600_000;
const TEN = Date.parse('2026-03-01T10:00:00Z');
const POLICY = 'apiRequests';

/** As one process has it. */
class Recorder {
  now = TEN + 12 * 60_000;
  readonly #recording = recordingLogger();
  readonly lines = this.#recording.lines;
  readonly alerts: ActivityAlerts;
  readonly #violations: ViolationRecorder;

  constructor(control: DataSource, intervalMs = HOUR_MS) {
    this.alerts = new ActivityAlerts(control, intervalMs, this.#recording.logger);
    this.#violations = new ViolationRecorder(this.alerts, () => this.now);
  }

  refuse(tenantId: string, { times = 1, policy = POLICY, limit = 200 } = {}): void {
    for (let each = 0; each < times; each += 1) this.#violations.record({ tenantId, policy, limit });
  }
}

describe('Alerts of refused calls', () => {
  let dispatchers: Dispatchers;
  let database: AlertDatabase;
  let service: AlertService;
  let tenantId: string;

  beforeAll(async () => {
    dispatchers = await Dispatchers.create();
    ({ database } = dispatchers);
    service = new AlertService(dispatchers.control);
    tenantId = await database.addTenant();
  });
  afterAll(() => dispatchers.drop());
  afterEach(() => dispatchers.reset());

  const raised = (): Promise<Alert[]> => service.list({ limit: 100 });

  it('say who was refused what, by which limit, and when', async () => {
    const recorder = new Recorder(dispatchers.control);
    recorder.refuse(tenantId, { times: 3 });
    expect(await raised()).toEqual([]);
    await recorder.alerts.flush();
    expect(await raised()).toEqual([
      {
        id: expect.any(String) as string,
        rule: 'rate_limit_exceeded',
        tenantId,
        resource: POLICY,
        threshold: 100,
        limit: 200,
        used: 3,
        periodStart: new Date(TEN),
        plan: 'free',
        raisedAt: expect.any(Date) as Date,
        deliveries: [],
      },
    ]);
  });

  it('are one for each tenant, policy and hour by any number of processes, and counts add up', async () => {
    const other = await database.addTenant();
    const processes = await Promise.all(
      Array.from({ length: 4 }, async () => new Recorder(await database.connect())),
    );
    for (let round = 0; round < 25; round += 1) {
      processes.forEach((recorder, index) => {
        const tenants = index % 2 === 0 ? [tenantId, other] : [other, tenantId];
        for (const each of tenants) {
          recorder.refuse(each);
          recorder.refuse(each, { policy: 'patternExecutions', times: 2 });
        }
      });
      await Promise.all(processes.map(({ alerts }) => alerts.flush()));
    }
    const alerts = await raised();
    expect(alerts).toHaveLength(4);
    for (const { resource, used } of alerts)
      expect([resource, used]).toEqual([resource, resource === POLICY ? 100 : 200]);
  });

  it('are written by processes at once that counted them in another order each', async () => {
    const policies = Array.from({ length: 400 }, (_, each) => `p${each}`);
    const orders = [policies, policies.toReversed(), policies.toSorted(), policies.toSorted().toReversed()];
    const processes = await Promise.all(orders.map(async () => new Recorder(await database.connect())));
    for (let round = 0; round < 5; round += 1) {
      processes.forEach((recorder, index) => {
        for (const policy of orders[index] ?? []) recorder.refuse(tenantId, { policy });
      });
      await Promise.all(processes.map(({ alerts }) => alerts.flush()));
    }
    const rows = await database.database.query(
      'SELECT used::integer, count(*)::integer FROM tenant_alerts GROUP BY used',
    );
    expect(rows).toEqual([{ used: 20, count: 400 }]);
  });

  it('are one though the limit is changed within the hour, with the limit of the first', async () => {
    const [one, two] = [new Recorder(dispatchers.control), new Recorder(dispatchers.control)];
    one.refuse(tenantId, { limit: 200 });
    await one.alerts.flush();
    one.refuse(tenantId, { limit: 300 });
    one.refuse(tenantId, { limit: 0 });
    two.refuse(tenantId, { limit: 500 });
    await Promise.all([one.alerts.flush(), two.alerts.flush()]);
    expect(await raised()).toMatchObject([{ limit: 200, used: 4 }]);
  });

  it('are another in the next hour', async () => {
    const recorder = new Recorder(dispatchers.control);
    recorder.now = TEN + HOUR_MS - 1;
    recorder.refuse(tenantId, { times: 2 });
    recorder.now = TEN + HOUR_MS;
    recorder.refuse(tenantId);
    await recorder.alerts.flush();
    const alerts = await raised();
    const found = alerts.map(({ periodStart, used }) => [periodStart?.getTime(), used]);
    expect(found.sort()).toEqual([
      [TEN, 2],
      [TEN + HOUR_MS, 1],
    ]);
  });

  it('are delivered once, however much the count grows', async () => {
    const recorder = new Recorder(dispatchers.control);
    dispatchers.start();
    recorder.refuse(tenantId, { times: 7 });
    await recorder.alerts.flush();
    const [alert] = await raised();
    await dispatchers.delivered(alert!.id);
    recorder.refuse(tenantId, { times: 5 });
    await recorder.alerts.flush();
    await dispatchers.aWhile();
    expect(dispatchers.ids).toEqual([alert!.id]);
    expect(dispatchers.channel.alerts[0]).toMatchObject({ rule: 'rate_limit_exceeded', used: 7 });
    expect(await service.list({ rule: 'rate_limit_exceeded', limit: 2 })).toMatchObject([{ used: 12 }]);
  });

  it('name the plan in effect', async () => {
    await database.database.query(
      `UPDATE tenants SET scheduled_plan = 'pro', scheduled_plan_version = 1, scheduled_at = now() WHERE id = $1`,
      [tenantId],
    );
    const recorder = new Recorder(dispatchers.control);
    recorder.refuse(tenantId);
    await recorder.alerts.flush();
    expect(await raised()).toMatchObject([{ plan: 'pro' }]);
    await database.database.query(
      'UPDATE tenants SET scheduled_plan = NULL, scheduled_plan_version = NULL, scheduled_at = NULL WHERE id = $1',
      [tenantId],
    );
  });

  it('of tenants that are none, and of limits that cannot be, hold up nobody’s', async () => {
    const recorder = new Recorder(dispatchers.control);
    for (const none of [randomUUID(), tenantId.toUpperCase(), 'no uuid', '']) recorder.refuse(none);
    for (const limit of [0.5, NaN, Infinity]) recorder.refuse(tenantId, { policy: 'none', limit });
    recorder.refuse(tenantId);
    await recorder.alerts.flush();
    await recorder.alerts.flush();
    expect(await raised()).toMatchObject([{ tenantId, used: 1 }]);
  });

  it('are written by themselves, and when the process stops', async () => {
    const recorder = new Recorder(dispatchers.control, 5);
    recorder.alerts.onApplicationBootstrap();
    recorder.refuse(tenantId);
    await eventually('it is written', async () => (await raised()).length === 1);
    recorder.refuse(tenantId);
    await eventually('it is written again', async () => (await raised())[0]?.used === 2);
    await recorder.alerts.beforeApplicationShutdown();

    const slow = new Recorder(dispatchers.control);
    slow.alerts.onApplicationBootstrap();
    slow.refuse(tenantId);
    await slow.alerts.beforeApplicationShutdown();
    expect(await raised()).toMatchObject([{ used: 3 }]);
  });

  it('are written in no tenant’s scope, wherever that was begun', async () => {
    const scopes: unknown[] = [];
    const logger = { log: () => 0, error: () => 0, warn: () => scopes.push(tryGetTenantContext()) };
    const gone = await database.connect();
    await gone.destroy();
    const alerts = new ActivityAlerts(gone, 5, logger);
    new ViolationRecorder(alerts).record({ tenantId, policy: POLICY, limit: 1 });
    await inScopeOf(tenantId, () => {
      alerts.onApplicationBootstrap();
      return Promise.resolve();
    });
    await eventually('it was tried', () => scopes.length > 0);
    expect(scopes).toEqual([undefined]);
    await alerts.beforeApplicationShutdown();
  });

  it('are kept while the control plane is away', async () => {
    const proxy = await startFaultyProxy(database.database.urls.control);
    const control = await database.connect(2, proxy.through(database.database.urls.control));
    const recorder = new Recorder(control, 5);
    await proxy.cut();
    recorder.refuse(tenantId, { times: 2 });
    await expect(recorder.alerts.flush()).rejects.toThrow();
    await expect(recorder.alerts.flush()).rejects.toThrow();
    recorder.refuse(tenantId, { times: 3 });
    recorder.alerts.onApplicationBootstrap();
    await eventually('it is said', () => recorder.lines.length > 0);
    expect(await raised()).toEqual([]);
    await proxy.mend();
    await eventually('it is written', async () => (await raised())[0]?.used === 5);
    recorder.refuse(tenantId);
    await recorder.alerts.beforeApplicationShutdown();
    expect(await raised()).toMatchObject([{ used: 6 }]);
    expect(recorder.lines).toEqual([
      expect.stringMatching(/^warn: Alerts could not be written, and are kept: ./),
    ]);
    await control.destroy();
    await proxy.close();
  });

  it('hold up no process that stops without it', async () => {
    const proxy = await startFaultyProxy(database.database.urls.control);
    const control = await database.connect(1, proxy.through(database.database.urls.control));
    const recorder = new Recorder(control);
    await control.query('SELECT 1');
    proxy.swallow();
    recorder.refuse(tenantId);
    await recorder.alerts.beforeApplicationShutdown();
    await proxy.close();
    await control.destroy();
  });

  it('cost a bounded memory, and what does not fit is said once', async () => {
    const recorder = new Recorder(dispatchers.control);
    for (let each = 0; each < 10_050; each += 1) recorder.refuse(tenantId, { policy: `p${each}` });
    recorder.refuse(tenantId, { policy: 'p1', times: 4 });
    expect(recorder.lines).toEqual(['warn: More than 10000 alerts wait to be written. The rest is lost.']);
    await recorder.alerts.flush();
    const [counted] = await database.database.query(
      `SELECT count(*)::integer AS alerts, max(used)::integer AS most FROM tenant_alerts`,
    );
    expect(counted).toEqual({ alerts: 10_000, most: 5 });
    recorder.refuse(tenantId, { policy: 'p10049' });
    await recorder.alerts.flush();
    expect(await database.database.query(`SELECT FROM tenant_alerts WHERE resource = 'p10049'`)).toHaveLength(
      1,
    );
  });
});
