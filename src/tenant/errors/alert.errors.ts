import { UnavailableError } from './request.errors.js';

/** When to try an alert again, and why it was not delivered. */
export interface AlertDeliveryErrorOptions {
  /** Milliseconds before which another attempt is in vain. A day at most is honoured. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/**
 * An alert was not delivered by a channel; it will be tried again. Its message is recorded with the delivery, where
 * operators read it: write no secrets into it.
 *
 * @example
 * if (!response.ok) throw new AlertDeliveryError(`The pager answered ${response.status}.`);
 */
export class AlertDeliveryError extends UnavailableError {
  readonly retryAfterMs: number | undefined;

  constructor(message: string, { retryAfterMs, cause }: AlertDeliveryErrorOptions = {}) {
    super(message, { cause });
    this.retryAfterMs = retryAfterMs;
  }
}
