import { randomUUID } from 'node:crypto';
import { AlertDispatcher, AlertService, ConfigurationError, NotFoundError } from '@parallax/tenant';
import { eventually } from '../../support/eventually.js';
import { AlertDatabase } from './alert-database.js';
import { RecordingChannel, recordingLogger } from './recording-channel.js';

describe(AlertService.name, () => {
  let database: AlertDatabase;
  let alerts: AlertService;

  beforeAll(async () => {
    database = await AlertDatabase.create();
    alerts = new AlertService(await database.connect());
  });
  afterAll(() => database.drop());
  afterEach(() => database.clear());

  describe('lists', () => {
    const tenantId = randomUUID();

    it('the newest first, page by page, also those of one millisecond', async () => {
      await database.raiseMany(10);
      const raisedAt = '2026-01-05T12:00:00.123Z';
      for (let at = 0; at < 5; at += 1) await database.raise({ raisedAt });
      const all = await alerts.list({ limit: 100 });
      expect(all).toHaveLength(15);
      const order = all.map((alert) => [alert.raisedAt.getTime(), alert.id] as const);
      expect(order).toEqual([...order].sort(([a, x], [b, y]) => (a === b ? (x < y ? 1 : -1) : b - a)));
      const paged = [];
      for (let page = await alerts.list({ limit: 4 }); page.length > 0;) {
        paged.push(...page);
        page = await alerts.list({ limit: 4, after: page.at(-1)! });
      }
      expect(paged).toEqual(all);
    });

    it('those of one tenant, and those of one rule', async () => {
      const approaching = await database.raise({ tenantId, rule: 'plan_limit_approaching', threshold: 80 });
      const exceeded = await database.raise({ tenantId });
      const foreign = await database.raise();
      const ids = async (filter: object): Promise<string[]> =>
        (await alerts.list({ limit: 10, ...filter })).map(({ id }) => id).sort();
      expect(await ids({})).toEqual([approaching, exceeded, foreign].sort());
      expect(await ids({ tenantId })).toEqual([approaching, exceeded].sort());
      expect(await ids({ rule: 'quota_exceeded' })).toEqual([exceeded, foreign].sort());
      expect(await ids({ tenantId, rule: 'plan_limit_approaching' })).toEqual([approaching]);
      expect(await ids({ tenantId: randomUUID() })).toEqual([]);
      expect(await ids({ tenantId: 'no uuid' })).toEqual([]);
    });

    it('how far each channel is', async () => {
      const superseded = await database.raise({ deliver: false, raisedAt: '2026-01-01T00:00:00Z' });
      const id = await database.raise({ raisedAt: '2026-01-02T00:00:00Z', periodStart: '-infinity' });
      expect((await alerts.list({ limit: 1 }))[0]).toMatchObject({ id, periodStart: null, deliveries: [] });

      const [good, bad, dead] = ['good', 'bad', 'dead'].map((name) => new RecordingChannel(name));
      bad!.behave = dead!.behave = () => {
        throw new TypeError('secret');
      };
      const { logger } = recordingLogger();
      const dispatcher = new AlertDispatcher(
        await database.connect(),
        [good!, bad!, dead!],
        { pollMs: 5 },
        logger,
      );
      dispatcher.onApplicationBootstrap();
      await eventually('all were tried', async () =>
        (await database.deliveries(id)).every(
          ({ delivered, last_error: error }) => delivered || error !== null,
        ),
      );
      await dispatcher.beforeApplicationShutdown();
      await database.database.query(
        `UPDATE tenant_alert_deliveries SET failed_at = now() WHERE channel = 'dead'`,
      );

      const [newest, oldest] = await alerts.list({ limit: 2 });
      expect(oldest).toMatchObject({ id: superseded, deliveries: [] });
      expect(newest!.deliveries).toEqual([
        {
          channel: 'bad',
          state: 'pending',
          attempts: expect.any(Number) as number,
          nextAttemptAt: expect.any(Date) as Date,
          deliveredAt: null,
          failedAt: null,
          lastError: 'TypeError',
        },
        {
          channel: 'dead',
          state: 'failed',
          attempts: expect.any(Number) as number,
          nextAttemptAt: null,
          deliveredAt: null,
          failedAt: expect.any(Date) as Date,
          lastError: 'TypeError',
        },
        {
          channel: 'good',
          state: 'delivered',
          attempts: 1,
          nextAttemptAt: null,
          deliveredAt: expect.any(Date) as Date,
          failedAt: null,
          lastError: null,
        },
      ]);
      expect(newest!.deliveries[0]!.nextAttemptAt!.getTime()).not.toBeNaN();
    });
  });

  describe('delivers again', () => {
    it('what was given up, and leaves the rest alone', async () => {
      const id = await database.raise();
      await database.database.query(
        `INSERT INTO tenant_alert_deliveries (alert_id, channel, attempts, next_attempt_at, delivered_at, failed_at)
         VALUES ($1, 'given-up', 25, 'infinity', NULL, now()), ($1, 'lost', 25, 'infinity', NULL, now()),
           ($1, 'there', 1, now(), now(), NULL), ($1, 'waiting', 3, 'infinity', NULL, NULL)`,
        [id],
      );
      expect(await alerts.redeliver(id, 'lost')).toEqual(['lost']);
      expect(await alerts.redeliver(id, 'lost')).toEqual([]);
      expect(await alerts.redeliver(id, 'there')).toEqual([]);
      expect(await alerts.redeliver(id)).toEqual(['given-up']);
      expect(await database.deliveries(id)).toMatchObject([
        { channel: 'given-up', attempts: 0, failed: false, due: true },
        { channel: 'lost', attempts: 0, failed: false, due: true },
        { channel: 'there', attempts: 1, delivered: true },
        { channel: 'waiting', attempts: 3, due: false },
      ]);
    });

    it.each([randomUUID(), 'no uuid'])('nothing of an alert that is none: %s', async (id) => {
      await expect(alerts.redeliver(id)).rejects.toThrow(NotFoundError);
    });
  });

  it('is reached by the control plane alone', async () => {
    for (const table of ['tenant_alerts', 'tenant_alert_deliveries']) {
      const rows = await database.database.query<{ grantee: string }>(
        `SELECT DISTINCT grantee FROM information_schema.role_table_grants WHERE table_name = $1`,
        [table],
      );
      const { owner, control } = database.database.roles;
      expect(rows.map(({ grantee }) => grantee).sort()).toEqual([control, owner].sort());
    }
  });

  it('needs one', async () => {
    await expect(new AlertService(undefined).list({ limit: 1 })).rejects.toThrow(ConfigurationError);
  });
});
