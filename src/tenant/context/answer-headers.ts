import type { ServerResponse } from 'node:http';
import {
  legacyRateLimitHeaders,
  type LimitHeaders,
  rateLimitHeaders,
  type RateLimitPolicy,
} from './rate-limit-headers.js';

/** A wait longer than this is no client's to sit out by trying again. */
const PATIENCE_SECONDS = 60;

/**
 * What the answer to an HTTP request says about limits, whatever it turns out to be: each decision is written as it
 * is made, on the response itself, which frameworks and filters leave alone.
 */
export class AnswerHeaders {
  #policies: Map<string, RateLimitPolicy> | undefined;

  constructor(
    private readonly response: ServerResponse,
    private readonly style: LimitHeaders = 'standard',
  ) {}

  /** Whether the client has left before the answer was complete. */
  get isAbandoned(): boolean {
    return this.response.destroyed && !this.response.writableFinished;
  }

  /** Says what there is of a limit. The latest word on one counts, at the place of the first. */
  announce(policy: RateLimitPolicy): void {
    if (policy.limit === null || this.style === 'none' || this.response.headersSent) return;
    this.#policies ??= new Map();
    this.#policies.set(policy.name, policy);
    if (this.style !== 'x-ratelimit') {
      const headers = rateLimitHeaders(this.#policies.values());
      this.response.setHeader('RateLimit-Policy', headers.policy);
      this.response.setHeader('RateLimit', headers.limit);
    }
    if (this.style === 'standard') return;
    for (const [name, value] of legacyRateLimitHeaders(this.#policies.values())) {
      this.response.setHeader(name, value);
    }
  }

  /**
   * Says that the request is refused for now.
   *
   * @param isRetryable whether the same request can succeed when the wait is over.
   */
  refuse(retryAfterSeconds: number, isRetryable: boolean): void {
    if (this.response.headersSent) return;
    this.response.setHeader('Retry-After', retryAfterSeconds);
    // Not standardized; the clients that retry every 429 by themselves go by it.
    if (!isRetryable || retryAfterSeconds > PATIENCE_SECONDS)
      this.response.setHeader('X-Should-Retry', 'false');
  }
}
