import type { Alert } from './alert.js';

/**
 * A way alerts leave the service. Each alert is delivered to each channel at least once: after a crash, or when an
 * answer is lost, again, with the same `id`.
 *
 * @example
 * class PagerChannel implements AlertChannel {
 *   readonly name = 'pager';
 *   async deliver(alert: Alert, signal: AbortSignal): Promise<void> {
 *     await pager.trigger({ dedupKey: alert.id, summary: `${alert.rule}: ${alert.resource}` }, { signal });
 *   }
 * }
 */
export interface AlertChannel {
  /** Lower-case letters, digits, `-` and `_`, at most 64. Deliveries are recorded by it, so it stays what it is. */
  readonly name: string;
  /**
   * Resolves when the receiver has the alert. Runs in no tenant's scope and in no transaction.
   *
   * @param signal aborts when the time for one attempt is over, or the process stops
   * @throws AlertDeliveryError to be tried again; its message is recorded and shown to operators. Of other errors only
   *   name and code are recorded, since their messages may hold secrets.
   */
  deliver(alert: Alert, signal: AbortSignal): Promise<void> | void;
}
