import { Logger, type LoggerService } from '@nestjs/common';
import { isCanonicalTenantId } from '../../context/tenant-id.js';
import type { TenantEvents } from '../../events/tenant-events.js';
import type { ActivityAlerts } from './activity-alerts.js';
import { ActivityWatch } from './activity-watch.js';
import { ActivityWindow } from './activity-window.js';
import type { Gauge } from './gauge.js';
import {
  completeSuspiciousActivityOptions,
  type SuspiciousActivityOptions,
  type SuspiciousActivityRule,
} from './suspicious-activity.options.js';
import { UsageBaseline } from './usage-baseline.js';

/** Where something came from, as far as that is known. */
export interface ActivitySubject {
  /** uuid */
  readonly tenantId?: string | undefined;
  /** The client's; or a name for it, where something else than addresses is told apart. */
  readonly address?: string | undefined;
}

/**
 * Counts what attackers do and others seldom, and tells when there is much of it: the event
 * `tenant.suspicious-activity`, and for a tenant an alert, one for each rule and cool-down by however many processes.
 * It counts in this process, in bounded memory, and refuses nobody.
 *
 * Refusals by rate limits and by TenantGuard it hears of itself; the rest is noted by whoever sees it.
 *
 * @throws ConfigurationError for options that cannot be
 * @example
 * activity.note('failed_credentials', { address: request.ip });
 */
export class SuspiciousActivity {
  readonly #coolDownMs: number;
  readonly #tenants = new Map<SuspiciousActivityRule, ActivityWatch>();
  readonly #addresses = new Map<SuspiciousActivityRule, ActivityWatch>();

  /**
   * @param alerts without, events and the log are all there is: there is no control plane
   * @param now milliseconds since 1970
   */
  constructor(
    private readonly events: TenantEvents,
    private readonly alerts: Pick<ActivityAlerts, 'add'> | undefined,
    options: SuspiciousActivityOptions = {},
    private readonly now: () => number = Date.now,
    private readonly logger: LoggerService = new Logger(SuspiciousActivity.name),
  ) {
    const { rules, coolDownSeconds } = completeSuspiciousActivityOptions(options);
    const { unusual_usage: unusual, ...counted } = rules;
    this.#coolDownMs = coolDownSeconds * 1_000;
    for (const [rule, threshold] of Object.entries(counted)) {
      if (!threshold) continue;
      const open = (): Gauge => new ActivityWindow(threshold.count, threshold.windowSeconds);
      this.#tenants.set(rule as keyof typeof counted, new ActivityWatch(open));
      this.#addresses.set(rule as keyof typeof counted, new ActivityWatch(open));
    }
    // Nothing is usual for an address.
    if (unusual) this.#tenants.set('unusual_usage', new ActivityWatch(() => new UsageBaseline(unusual)));
    this.#listen();
  }

  /**
   * Something happened. It counts for the tenant, and where none is known for the address; a credential that failed
   * for both, since the tenant it names is anybody's claim.
   *
   * @param rule `unusual_usage`: a call, of any kind
   * @param count how often
   */
  note(rule: SuspiciousActivityRule, { tenantId, address }: ActivitySubject, count = 1): void {
    const tenant = isCanonicalTenantId(tenantId) ? tenantId : undefined;
    if (tenant !== undefined) this.#count(this.#tenants, rule, tenant, count, { tenantId: tenant, address });
    if (address !== undefined && (tenant === undefined || rule === 'failed_credentials'))
      this.#count(this.#addresses, rule, address, count, { address });
  }

  #count(
    watches: ReadonlyMap<SuspiciousActivityRule, ActivityWatch>,
    rule: SuspiciousActivityRule,
    key: string,
    count: number,
    subject: ActivitySubject,
  ): void {
    const now = this.now();
    const seen = watches.get(rule)?.note(key, count, now, Math.floor(now / this.#coolDownMs));
    if (seen) this.#tell(rule, subject, seen, now);
  }

  #tell(
    rule: SuspiciousActivityRule,
    { tenantId, address }: ActivitySubject,
    seen: Gauge,
    now: number,
  ): void {
    const { count, threshold, windowSeconds } = seen;
    if (tenantId !== undefined && this.alerts) {
      this.alerts.add({
        rule: 'suspicious_activity',
        tenantId,
        resource: rule,
        periodStart: Math.floor(now / this.#coolDownMs) * this.#coolDownMs,
        limit: threshold,
        used: count,
      });
    } else {
      const from = tenantId === undefined ? address : `Tenant ${tenantId}`;
      this.logger.warn(
        `${from} is suspicious: ${rule}, ${count} within ${windowSeconds} s where ${threshold} are too many`,
      );
    }
    this.events.emit('tenant.suspicious-activity', {
      tenantId,
      rule,
      count,
      threshold,
      windowSeconds,
      address,
      at: new Date(now),
    });
  }

  #listen(): void {
    this.events.on('tenant.rate-limit.exceeded', ({ tenantId, subject, enforcement }) => {
      if (enforcement === 'shadow') return;
      this.note('denials', tenantId === undefined ? { address: subject } : { tenantId });
    });
    // Who tries the ids of many tenants tries each once: it counts for whoever tries.
    this.events.on('tenant.access.refused', ({ principalTenantId, address }) =>
      this.note('foreign_ids', { tenantId: principalTenantId, address }),
    );
  }
}
