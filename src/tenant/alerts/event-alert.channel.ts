import type { TenantEvents } from '../events/tenant-events.js';
import type { Alert } from './alert.js';
import type { AlertChannel } from './alert.channel.js';

/** Tells those who listen to `tenant.alert` in the process that delivers. A listener that fails is not told again. */
export class EventAlertChannel implements AlertChannel {
  readonly name = 'events';

  constructor(private readonly events: TenantEvents) {}

  deliver({ id, tenantId, rule, resource, threshold, limit, used, periodStart, raisedAt }: Alert): void {
    this.events.emit('tenant.alert', {
      alertId: id,
      tenantId,
      rule,
      resource,
      threshold,
      limit,
      used,
      periodStart,
      at: raisedAt,
    });
  }
}
