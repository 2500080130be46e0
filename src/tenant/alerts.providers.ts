import type { Provider } from '@nestjs/common';
import { ActivityAlerts } from './alerts/activity/activity-alerts.js';
import { SuspiciousActivity } from './alerts/activity/suspicious-activity.js';
import { ViolationRecorder } from './alerts/activity/violation-recorder.js';
import type { AlertChannel } from './alerts/alert.channel.js';
import { AlertDispatcher } from './alerts/alert.dispatcher.js';
import type { AlertOptions } from './alerts/alert.options.js';
import { AlertService } from './alerts/alert.service.js';
import { EventAlertChannel } from './alerts/event-alert.channel.js';
import { LogAlertChannel } from './alerts/log-alert.channel.js';
import { WebhookAlertChannel } from './alerts/webhook/webhook-alert.channel.js';
import { ConfigurationError } from './errors/isolation.errors.js';
import { TenantEvents } from './events/tenant-events.js';
import { TENANT_MODULE_OPTIONS } from './tenant.module-definition.js';
import type { TenantModuleOptions } from './tenant.options.js';

/** Alerts, and who delivers them. */
export const alertProviders: Provider[] = [
  {
    provide: AlertService,
    inject: [TENANT_MODULE_OPTIONS],
    useFactory: ({ controlPlane }: TenantModuleOptions) => new AlertService(controlPlane),
  },
  {
    provide: AlertDispatcher,
    inject: [TENANT_MODULE_OPTIONS, TenantEvents],
    useFactory: ({ alerts, controlPlane }: TenantModuleOptions, events: TenantEvents) => {
      if (controlPlane) return new AlertDispatcher(controlPlane, channelsOf(events, alerts), alerts);
      if (!alerts) return undefined;
      throw new ConfigurationError(
        'The option `alerts` of TenantModule needs `controlPlane`, where alerts are recorded.',
      );
    },
  },
  {
    provide: ActivityAlerts,
    inject: [TENANT_MODULE_OPTIONS],
    useFactory: ({ controlPlane }: TenantModuleOptions) => controlPlane && new ActivityAlerts(controlPlane),
  },
  {
    provide: ViolationRecorder,
    inject: [ActivityAlerts],
    useFactory: (alerts: ActivityAlerts | undefined) => new ViolationRecorder(alerts),
  },
  {
    provide: SuspiciousActivity,
    inject: [TENANT_MODULE_OPTIONS, TenantEvents, ActivityAlerts],
    useFactory: (
      { suspiciousActivity }: TenantModuleOptions,
      events: TenantEvents,
      alerts: ActivityAlerts | undefined,
    ) => new SuspiciousActivity(events, alerts, suspiciousActivity),
  },
];

function channelsOf(events: TenantEvents, { webhook, channels = [] }: AlertOptions = {}): AlertChannel[] {
  return [
    new LogAlertChannel(),
    new EventAlertChannel(events),
    ...(webhook ? [new WebhookAlertChannel(webhook)] : []),
    ...channels,
  ];
}
