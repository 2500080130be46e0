import type { InMemoryRateLimitStore } from './in-memory-rate-limit.store.js';
import type { OnStoreError } from './rate-limit.js';
import type { CountedPolicy, RateLimitAnswer, RateLimitRequest } from './rate-limit.store.js';

export interface DecidedAnswer extends RateLimitAnswer {
  /** What counted: the store, this process for itself while the store was away, or nothing. */
  readonly decidedBy: 'store' | 'local' | 'open';
}

/** Decides one call, whatever becomes of the store. */
export interface RateLimitDecider {
  decide(
    subject: string,
    requests: readonly RateLimitRequest[],
    onStoreError: OnStoreError,
  ): DecidedAnswer | Promise<DecidedAnswer>;
  peek(
    subject: string,
    requests: readonly RateLimitRequest[],
    onStoreError: OnStoreError,
  ): DecidedAnswer | Promise<DecidedAnswer>;
  reset(subject: string, policies: readonly CountedPolicy[]): Promise<void>;
}

/** The memory of this process is never away, and has nothing to wait for. */
export class MemoryDecider implements RateLimitDecider {
  constructor(private readonly store: InMemoryRateLimitStore) {}

  decide(subject: string, requests: readonly RateLimitRequest[]): DecidedAnswer {
    const { granted, states } = this.store.decide(subject, requests);
    return { granted, states, decidedBy: 'store' };
  }

  async peek(subject: string, requests: readonly RateLimitRequest[]): Promise<DecidedAnswer> {
    const { granted, states } = await this.store.peek(subject, requests);
    return { granted, states, decidedBy: 'store' };
  }

  reset(subject: string, policies: readonly CountedPolicy[]): Promise<void> {
    return this.store.reset(subject, policies);
  }
}
