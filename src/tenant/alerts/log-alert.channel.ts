import { Logger, type LoggerService } from '@nestjs/common';
import type { Alert } from './alert.js';
import type { AlertChannel } from './alert.channel.js';

/**
 * Writes each alert as one warning to the log.
 *
 * @example
 * new AlertDispatcher(controlPlane, [new LogAlertChannel()]);
 */
export class LogAlertChannel implements AlertChannel {
  readonly name = 'log';

  constructor(private readonly logger: LoggerService = new Logger('TenantAlert')) {}

  deliver(alert: Alert): void {
    const { id, rule, tenantId, plan } = alert;
    this.logger.warn(`Tenant ${tenantId} (${plan}) ${inWords(alert)} (${rule}, alert ${id})`);
  }
}

function inWords({ rule, resource, limit, used, threshold, periodStart }: Alert): string {
  switch (rule) {
    case 'plan_limit_approaching':
    case 'quota_exceeded':
      return `has used ${used} of ${limit} ${resource}, at least ${threshold} %`;
    case 'rate_limit_exceeded':
      return `had ${used} calls refused by the rate limit ${resource} of ${limit} since ${periodStart?.toISOString()}`;
    case 'suspicious_activity':
      return `is suspicious: ${resource}, ${used} where ${limit} are too many`;
  }
}
