import { randomUUID } from 'node:crypto';
import { AlertDispatcher, tryGetTenantContext } from '@parallax/tenant';
import { eventually } from '../../support/eventually.js';
import { inScopeOf } from '../../support/notes.js';
import type { AlertDatabase } from './alert-database.js';
import { Dispatchers } from './dispatchers.js';
import { RecordingChannel } from './recording-channel.js';

describe(`${AlertDispatcher.name} delivers`, () => {
  let dispatchers: Dispatchers;
  let database: AlertDatabase;

  beforeAll(async () => {
    dispatchers = await Dispatchers.create();
    ({ database } = dispatchers);
  });
  afterAll(() => dispatchers.drop());
  afterEach(() => dispatchers.reset());

  it('each alert once to every channel, with all there is to say of it', async () => {
    const other = new RecordingChannel('other');
    dispatchers.start({ channels: [dispatchers.channel, other] });
    const tenantId = randomUUID();
    const raisedAt = '2026-02-03T12:34:56.789Z';
    const id = await database.raise({ tenantId, raisedAt });
    await dispatchers.delivered(id);
    await dispatchers.aWhile();
    for (const { alerts } of [dispatchers.channel, other]) {
      expect(alerts.filter((alert) => alert.id === id)).toEqual([
        {
          id,
          tenantId,
          rule: 'quota_exceeded',
          resource: 'maxExecutions',
          threshold: 100,
          limit: 1000,
          used: 1000,
          periodStart: new Date('2026-01-31T10:00:00Z'),
          plan: 'free',
          raisedAt: new Date(raisedAt),
        },
      ]);
    }
    expect(await database.deliveries(id)).toEqual(
      ['other', 'recording'].map((name) => ({
        channel: name,
        attempts: 1,
        delivered: true,
        failed: false,
        leased: false,
        due: true,
        last_error: null,
      })),
    );
  });

  it('what has no period', async () => {
    dispatchers.start();
    await dispatchers.delivered(await database.raise({ periodStart: '-infinity' }));
    expect(dispatchers.channel.alerts[0]).toMatchObject({ periodStart: null });
  });

  it('of the thresholds one use crossed only the one that is to be', async () => {
    const lower = await database.raise({ rule: 'plan_limit_approaching', threshold: 80, deliver: false });
    const higher = await database.raise();
    dispatchers.start();
    await dispatchers.delivered(higher);
    await dispatchers.aWhile();
    expect(dispatchers.ids).toEqual([higher]);
    expect(await database.deliveries(lower)).toEqual([]);
    expect(await database.database.query('SELECT FROM tenant_alerts WHERE enqueued_at IS NULL')).toHaveLength(
      0,
    );
  });

  it('the oldest first', async () => {
    await database.raiseMany(60);
    dispatchers.start();
    await eventually('all came', () => dispatchers.channel.alerts.length === 60);
    expect(dispatchers.channel.alerts.map(({ resource }) => Number(resource))).toEqual([...Array(60).keys()]);
  });

  it('once, with several dispatchers at it', async () => {
    const raised = await database.raiseMany(500);
    const channels = Array.from({ length: 5 }, () => new RecordingChannel());
    for (const each of channels) {
      each.behave = () => new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
      dispatchers.start({ channels: [each], controlPlane: await database.connect() });
    }
    await eventually('all are delivered', async () => (await database.undone()) === 0);
    const ids = channels.flatMap((each) => each.ids);
    expect(ids).toHaveLength(raised.length);
    expect(new Set(ids)).toEqual(new Set(raised));
    expect(channels.filter((each) => each.ids.length > 0).length).toBeGreaterThan(1);
  });

  it('in no tenant’s scope, wherever it was started', async () => {
    const seen: unknown[] = [];
    dispatchers.channel.behave = () => seen.push(tryGetTenantContext());
    await inScopeOf(randomUUID(), () => Promise.resolve(void dispatchers.start()));
    await dispatchers.delivered(await database.raise());
    expect(seen).toEqual([undefined]);
  });

  it('holding no connection meanwhile', async () => {
    const only = await database.connect(1);
    dispatchers.channel.behave = () => only.query('SELECT 1');
    dispatchers.start({ controlPlane: only });
    await dispatchers.delivered(await database.raise());
  });

  it('what is for a channel of another process, not', async () => {
    dispatchers.start({ channels: [new RecordingChannel('elsewhere')] });
    const id = await database.raise();
    await dispatchers.delivered(id);
    await database.database.query(
      `INSERT INTO tenant_alert_deliveries (alert_id, channel, next_attempt_at) VALUES ($1, 'recording', now())`,
      [id],
    );
    await dispatchers.aWhile();
    expect(await database.deliveries(id)).toMatchObject([
      { channel: 'elsewhere', delivered: true },
      { channel: 'recording', attempts: 0 },
    ]);
    dispatchers.start();
    await eventually('it came', () => dispatchers.channel.ids.includes(id));
  });
});
