import type { ActivityAlerts } from './activity-alerts.js';

const HOUR_MS = 3_600_000;

/** A call that a rate limit of a tenant refused. */
export interface Violation {
  /** uuid */
  readonly tenantId: string;
  /** The name of the policy. */
  readonly policy: string;
  /** Units per window, as it was in force. */
  readonly limit: number;
}

/**
 * Makes alerts of calls that rate limits refused: one for each tenant, policy and hour (UTC), by however many
 * processes, with a count that grows.
 */
export class ViolationRecorder {
  /**
   * @param alerts without, nothing is recorded: there is no control plane
   * @param now milliseconds since 1970
   */
  constructor(
    private readonly alerts: Pick<ActivityAlerts, 'add'> | undefined,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * Counts it in memory; it is written within five seconds.
   *
   * @example
   * violations.record({ tenantId, policy: 'apiRequests', limit: 200 });
   */
  record({ tenantId, policy, limit }: Violation): void {
    this.alerts?.add({
      rule: 'rate_limit_exceeded',
      tenantId,
      resource: policy,
      periodStart: Math.floor(this.now() / HOUR_MS) * HOUR_MS,
      limit,
      used: 1,
    });
  }
}
