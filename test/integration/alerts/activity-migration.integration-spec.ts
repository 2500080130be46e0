import { createActivityAlerts, dropActivityAlerts } from '@parallax/tenant';
import { ActivityAlerts } from '../../../src/tenant/alerts/activity/activity-alerts.js';
import { ViolationRecorder } from '../../../src/tenant/alerts/activity/violation-recorder.js';
import { migrate } from '../quotas/allocation/world.js';
import { AlertDatabase } from './alert-database.js';

/** What the migration changes, and who may do what with it. */
const PICTURE = `
  SELECT conname AS name, pg_get_constraintdef(oid) AS what FROM pg_constraint
    WHERE conrelid IN ('tenant_alerts'::regclass, 'tenant_alert_deliveries'::regclass)
  UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE tablename LIKE 'tenant_alert%'
  UNION ALL SELECT relname, relacl::text FROM pg_class WHERE relname LIKE 'tenant_alert%' AND relkind = 'r'
  ORDER BY 1, 2`;

describe('The migration of alerts of what tenants do', () => {
  let database: AlertDatabase;

  beforeAll(async () => {
    database = await AlertDatabase.create();
  });
  afterAll(() => database.drop());

  it('is taken back and applied again with alerts of every rule, and keeps those of limits', async () => {
    const { database: db } = database;
    const tenantId = await database.addTenant();
    const limits = [
      await database.raise({ tenantId, rule: 'plan_limit_approaching', threshold: 80 }),
      await database.raise({ tenantId }),
    ];
    await database.raise({ tenantId, rule: 'rate_limit_exceeded' });
    await database.raise({ tenantId, rule: 'suspicious_activity' });
    await db.query(
      `INSERT INTO tenant_alert_deliveries (alert_id, channel, next_attempt_at)
       SELECT id, 'log', now() FROM tenant_alerts`,
    );
    const after = await db.query(PICTURE);

    await migrate(db, dropActivityAlerts);
    const before = await db.query(PICTURE);
    expect(before).not.toEqual(after);
    const left = await db.query<{ id: string }>('SELECT alert_id AS id FROM tenant_alert_deliveries');
    expect(left.map(({ id }) => id).sort()).toEqual([...limits].sort());
    await expect(database.raise({ rule: 'rate_limit_exceeded' })).rejects.toThrow(/tenant_alerts_rule_check/);
    await expect(database.raise({ tenantId })).rejects.toThrow(/unique/);
    const alerts = new ActivityAlerts(await database.connect());
    new ViolationRecorder(alerts).record({ tenantId, policy: 'apiRequests', limit: 1 });
    await expect(alerts.flush()).rejects.toThrow(/ON CONFLICT/);

    await migrate(db, createActivityAlerts);
    expect(await db.query(PICTURE)).toEqual(after);
    await alerts.flush();
    expect(await db.query(`SELECT FROM tenant_alerts WHERE rule = 'rate_limit_exceeded'`)).toHaveLength(1);
    await migrate(db, dropActivityAlerts);
    expect(await db.query(PICTURE)).toEqual(before);
    await migrate(db, createActivityAlerts);
  });

  it('leaves a crossing of each limit an alert of its own, and what tenants do none', async () => {
    const { database: db } = database;
    const tenantId = await database.addTenant();
    const raise = (rule: string, limit: number): Promise<object[]> =>
      db.query(
        `INSERT INTO tenant_alerts (tenant_id, rule, resource, period_start, limit_value, threshold, used, plan, deliver, raised_at)
         VALUES ($1, $2, 'a', '-infinity', $3, 100, 1, 'free', true, now())`,
        [tenantId, rule, limit],
      );
    await raise('quota_exceeded', 1);
    await raise('quota_exceeded', 2);
    await expect(raise('quota_exceeded', 2)).rejects.toThrow(/tenant_alerts_key/);
    for (const rule of ['rate_limit_exceeded', 'suspicious_activity']) {
      await raise(rule, 1);
      await expect(raise(rule, 2)).rejects.toThrow(/tenant_alerts_key/);
    }
    await expect(raise('other', 1)).rejects.toThrow(/tenant_alerts_rule_check/);
  });
});
