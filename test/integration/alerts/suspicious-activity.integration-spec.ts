import { randomUUID } from 'node:crypto';
import { AlertService, TenantEvents } from '@parallax/tenant';
import { ActivityAlerts } from '../../../src/tenant/alerts/activity/activity-alerts.js';
import { SuspiciousActivity } from '../../../src/tenant/alerts/activity/suspicious-activity.js';
import type { AlertDatabase } from './alert-database.js';
import { Dispatchers } from './dispatchers.js';
import { recordingLogger } from './recording-channel.js';

const HOUR_MS = 3_600_000;
const TEN = Date.parse('2026-03-01T10:00:00Z');

/** As one process has it. */
class Watcher {
  readonly events = new TenantEvents();
  told = 0;
  now = TEN + 60_000;
  readonly #activity: SuspiciousActivity;

  constructor(readonly alerts: ActivityAlerts) {
    this.events.on('tenant.suspicious-activity', () => (this.told += 1));
    this.#activity = new SuspiciousActivity(
      this.events,
      alerts,
      {},
      () => this.now,
      recordingLogger().logger,
    );
  }

  /** What is suspicious, `times` times what it takes. */
  async attack(tenantId: string, times = 1): Promise<void> {
    this.#activity.note('denials', { tenantId }, times * 100);
    await this.alerts.flush();
  }
}

describe('Alerts of suspicious activity', () => {
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

  const watcher = (): Watcher => new Watcher(new ActivityAlerts(dispatchers.control));

  it('are one for each tenant, rule and cool-down by any number of processes, delivered once', async () => {
    const [one, two, three] = [watcher(), watcher(), watcher()];
    dispatchers.start();
    await one.attack(tenantId);
    const [alert] = await service.list({ rule: 'suspicious_activity', limit: 10 });
    expect(alert).toMatchObject({
      rule: 'suspicious_activity',
      tenantId,
      resource: 'denials',
      periodStart: new Date(TEN),
      limit: 100,
      used: 100,
      threshold: 100,
      plan: 'free',
    });
    await dispatchers.delivered(alert!.id);
    await Promise.all([two.attack(tenantId, 5), three.attack(tenantId, 7)]);
    one.now += 20 * 60_000;
    await one.attack(tenantId, 3);
    expect([one.told, two.told, three.told]).toEqual([2, 1, 1]);
    await dispatchers.aWhile();
    expect(dispatchers.ids).toEqual([alert!.id]);
    expect(await service.list({ rule: 'suspicious_activity', limit: 10 })).toMatchObject([{ used: 100 }]);

    two.now += HOUR_MS;
    await two.attack(tenantId);
    const alerts = await service.list({ rule: 'suspicious_activity', limit: 10 });
    expect(alerts.map(({ periodStart }) => periodStart)).toEqual([new Date(TEN + HOUR_MS), new Date(TEN)]);
  });

  it('are one when it comes again before the first was written', async () => {
    const one = watcher();
    const written = one.attack(tenantId);
    one.now += 20 * 60_000;
    await one.attack(tenantId, 3);
    await written;
    await one.alerts.flush();
    expect(one.told).toBe(2);
    expect(await service.list({ limit: 10 })).toMatchObject([{ used: 100 }]);
  });

  it('are none of an address, and of nobody’s id', async () => {
    const one = watcher();
    for (let each = 0; each < 100; each += 1) {
      one.events.emit('tenant.rate-limit.exceeded', {
        tenantId: undefined,
        subject: '192.0.2.7',
        policy: 'address',
        limit: 1,
        windowSeconds: 1,
        cost: 1,
        retryAfterMs: 1_000,
        enforcement: 'hard',
        at: new Date(),
      });
    }
    await one.attack(randomUUID());
    expect(one.told).toBe(2);
    expect(await service.list({ limit: 10 })).toEqual([]);
  });
});
