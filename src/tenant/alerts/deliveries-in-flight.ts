import { AlertDeliveryError } from '../errors/alert.errors.js';
import type { Alert } from './alert.js';
import type { AlertChannel } from './alert.channel.js';

/** The attempts under way, each with a time of its own, which all can be made to end early. */
export class DeliveriesInFlight {
  readonly #attempts = new Set<AbortController>();

  constructor(private readonly timeoutMs: number) {}

  /** Rejects when the time is over, whether or not the channel minds its signal. */
  async deliver(channel: AlertChannel, alert: Alert): Promise<void> {
    const attempt = new AbortController();
    const { signal } = attempt;
    const timer = setTimeout(() => {
      attempt.abort(new AlertDeliveryError(`There was no answer within ${this.timeoutMs} ms.`));
    }, this.timeoutMs).unref();
    this.#attempts.add(attempt);
    try {
      const aborted = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      });
      await Promise.race([channel.deliver(alert, signal), aborted]);
    } finally {
      clearTimeout(timer);
      this.#attempts.delete(attempt);
    }
  }

  abort(): void {
    for (const attempt of this.#attempts) {
      attempt.abort(new AlertDeliveryError('The process stopped before there was an answer.'));
    }
  }
}
