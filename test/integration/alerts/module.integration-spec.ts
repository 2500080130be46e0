import { randomBytes } from 'node:crypto';
import { Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import {
  AlertDispatcher,
  type AlertOptions,
  AlertService,
  InMemoryTenantStore,
  PlanEntity,
  type TenantAlertEvent,
  TenantEntity,
  TenantEvents,
  TenantModule,
  TenantSchemaDataSource,
  verifyWebhook,
} from '@parallax/tenant';
import type { DataSource } from 'typeorm';
import { SuspiciousActivity } from '../../../src/tenant/alerts/activity/suspicious-activity.js';
import type { SuspiciousActivityOptions } from '../../../src/tenant/alerts/activity/suspicious-activity.options.js';
import { ViolationRecorder } from '../../../src/tenant/alerts/activity/violation-recorder.js';
import { eventually } from '../../support/eventually.js';
import { startWebhookReceiver, type WebhookReceiver } from '../../support/webhook-receiver.js';
import { AlertDatabase } from './alert-database.js';
import { RecordingChannel } from './recording-channel.js';

const SECRET = `whsec_${randomBytes(32).toString('base64')}`;

describe('TenantModule with a control plane', () => {
  let database: AlertDatabase;
  let controlPlane: DataSource;
  let receiver: WebhookReceiver;
  let warned: string[];

  beforeAll(async () => {
    database = await AlertDatabase.create();
    receiver = await startWebhookReceiver();
    controlPlane = await new TenantSchemaDataSource({
      type: 'postgres',
      url: database.database.urls.control,
      entities: [TenantEntity, PlanEntity],
    }).initialize();
  });
  afterAll(async () => {
    await controlPlane.destroy();
    await receiver.close();
    await database.drop();
  });
  beforeEach(() => {
    warned = [];
    jest.spyOn(Logger.prototype, 'warn').mockImplementation((line: string) => void warned.push(line));
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await database.clear();
  });

  const start = (options: {
    controlPlane?: DataSource;
    alerts?: AlertOptions;
    suspiciousActivity?: SuspiciousActivityOptions;
  }) =>
    NestFactory.createApplicationContext(
      TenantModule.forRoot({ store: new InMemoryTenantStore(), principal: () => undefined, ...options }),
      { logger: false, abortOnError: false },
    );

  it('tells the log, listeners, the webhook, and channels of one’s own, each once', async () => {
    const own = new RecordingChannel('own');
    const app = await start({
      controlPlane,
      alerts: { pollMs: 20, webhook: { url: receiver.url, secrets: [SECRET] }, channels: [own] },
    });
    const events: TenantAlertEvent[] = [];
    app.get(TenantEvents).on('tenant.alert', (event) => events.push(event));
    const id = await database.raise({ raisedAt: '2026-02-03T12:00:00Z' });
    await eventually('all are told', async () => {
      const deliveries = await database.deliveries(id);
      return deliveries.length === 4 && deliveries.every(({ delivered }) => delivered);
    });
    const [alert] = await app.get(AlertService).list({ limit: 1 });
    expect(alert!.deliveries.map(({ channel }) => channel)).toEqual(['events', 'log', 'own', 'webhook']);
    expect(own.ids).toEqual([id]);
    expect(events).toEqual([
      {
        name: 'tenant.alert',
        alertId: id,
        tenantId: alert!.tenantId,
        rule: 'quota_exceeded',
        resource: 'maxExecutions',
        threshold: 100,
        limit: 1000,
        used: 1000,
        periodStart: new Date('2026-01-31T10:00:00Z'),
        at: new Date('2026-02-03T12:00:00Z'),
      },
    ]);
    expect(warned).toEqual([
      `Tenant ${alert!.tenantId} (free) has used 1000 of 1000 maxExecutions, at least 100 % (quota_exceeded, alert ${id})`,
    ]);
    const [{ headers, body }] = receiver.received as [WebhookReceiver['received'][0]];
    expect(verifyWebhook(headers, body, [SECRET])).toMatchObject({ id, tenantId: alert!.tenantId });
    await app.close();
  });

  it('delivers with no option at all, to those who are there', async () => {
    const app = await start({ controlPlane });
    const id = await database.raise();
    await eventually('it is delivered', async () => {
      const deliveries = await database.deliveries(id);
      return deliveries.length === 2 && deliveries.every(({ delivered }) => delivered);
    });
    await app.close();
    const late = await database.raise();
    expect(await database.deliveries(late)).toEqual([]);
  });

  it('writes what tenants did when it is closed, on a DataSource that closes with it', async () => {
    const tenantId = await database.addTenant();
    @Module({
      imports: [
        TypeOrmModule.forRoot({
          name: 'control',
          type: 'postgres',
          url: database.database.urls.control,
          entities: [TenantEntity, PlanEntity],
          installExtensions: false,
        }),
        TenantModule.forRootAsync({
          inject: [getDataSourceToken('control')],
          useFactory: (control: DataSource) => ({
            store: new InMemoryTenantStore(),
            principal: () => undefined,
            controlPlane: control,
            suspiciousActivity: { rules: { denials: { count: 2, windowSeconds: 60 } } },
          }),
        }),
      ],
    })
    class Application {}
    const app = await NestFactory.createApplicationContext(Application, {
      logger: false,
      abortOnError: false,
    });
    const strict = { strict: false };
    app.get(ViolationRecorder, strict).record({ tenantId, policy: 'apiRequests', limit: 200 });
    app.get(SuspiciousActivity, strict).note('denials', { tenantId }, 2);
    await app.close();
    const rows = await database.database.query(
      'SELECT rule, resource, limit_value::integer AS limit FROM tenant_alerts ORDER BY rule',
    );
    expect(rows).toEqual([
      { rule: 'rate_limit_exceeded', resource: 'apiRequests', limit: 200 },
      { rule: 'suspicious_activity', resource: 'denials', limit: 2 },
    ]);
  });

  it.each<[string, AlertOptions, RegExp]>([
    ['an interval', { pollMs: 0 }, /alerts\.pollMs/],
    ['a URL', { webhook: { url: 'ops', secrets: [SECRET] } }, /URL of the alert channel webhook/],
    ['a secret', { webhook: { url: 'https://ops', secrets: ['x'] } }, /secret of the alert channel webhook/],
    [
      'a name that is taken',
      { channels: [new RecordingChannel('log')] },
      /Two alert channels are called log/,
    ],
    ['a name', { channels: [new RecordingChannel('My Pager')] }, /"My Pager"/],
  ])('does not start with %s that cannot be', async (_, alerts, message) => {
    await expect(start({ controlPlane, alerts })).rejects.toThrow(message);
  });

  it('does not start without one where alerts are asked for', async () => {
    await expect(start({ alerts: {} })).rejects.toThrow(/`alerts` .* needs `controlPlane`/);
  });

  it('does not start with thresholds of suspicious activity that cannot be', async () => {
    await expect(start({ suspiciousActivity: { coolDownSeconds: 1 } })).rejects.toThrow(/coolDownSeconds/);
  });

  it('starts without one, has no dispatcher, and tells of suspicious activity all the same', async () => {
    const app = await start({});
    const told: unknown[] = [];
    app.get(TenantEvents).on('tenant.suspicious-activity', (event) => told.push(event));
    app.get(SuspiciousActivity, { strict: false }).note('denials', { address: '192.0.2.7' }, 100);
    app.get(ViolationRecorder, { strict: false }).record({ tenantId: 'a', policy: 'b', limit: 1 });
    expect(told).toHaveLength(1);
    expect(warned).toEqual([expect.stringContaining('192.0.2.7')]);
    expect(app.get(AlertDispatcher, { strict: false })).toBeUndefined();
    await expect(app.get(AlertService).list({ limit: 1 })).rejects.toThrow(/controlPlane/);
    await app.close();
  });
});
