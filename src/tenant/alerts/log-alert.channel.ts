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

  deliver({ id, tenantId, rule, resource, threshold, limit, used, plan }: Alert): void {
    this.logger.warn(
      `Tenant ${tenantId} (${plan}) has used ${used} of ${limit} ${resource}, at least ${threshold} % (${rule}, alert ${id})`,
    );
  }
}
