import { runOutsideScope } from '../context/tenant-scope.js';
import { UnavailableError } from '../errors/request.errors.js';
import { InMemoryRateLimitStore } from './in-memory-rate-limit.store.js';
import { CallDeadlines } from './outage/call-deadlines.js';
import { checkedGateOptions, type GateOptions } from './outage/gate-options.js';
import { LocalShare } from './outage/local-share.js';
import { RareWarning } from './outage/rare-warning.js';
import { type FailedCall, StoreOutage } from './outage/store-outage.js';
import { UnreadableCounterError } from './outage/unreadable-counter.error.js';
import type { DecidedAnswer, RateLimitDecider } from './rate-limit.decider.js';
import type { OnStoreError } from './rate-limit.js';
import type { CountedPolicy, RateLimitAnswer, RateLimitRequest, RateLimitStore } from './rate-limit.store.js';

export type { GateOptions } from './outage/gate-options.js';

/**
 * Stands before a store that can be away. It waits for it a short time only; after a failure the store is not asked
 * again but by one probe at a time, and calls are decided as each wants it. A counter that cannot be read is the matter
 * of those calls alone. What this process admits by itself is
 * counted for good, so that a store that comes and goes opens no window without a limit.
 */
export class RateLimitStoreGate implements RateLimitDecider {
  readonly #options: ReturnType<typeof checkedGateOptions>;
  readonly #deadlines: CallDeadlines;
  readonly #outage: StoreOutage;
  readonly #share: LocalShare;
  readonly #unreadable = new RareWarning(RateLimitStoreGate.name);
  readonly #local = new InMemoryRateLimitStore();

  /** @throws ConfigurationError for an option that is out of its range */
  constructor(
    private readonly primary: RateLimitStore,
    options: GateOptions = {},
  ) {
    this.#options = checkedGateOptions(options);
    this.#deadlines = new CallDeadlines(this.#options.timeoutMs);
    this.#outage = new StoreOutage(this.#options.retryMs);
    this.#share = new LocalShare(this.#options.localShare);
  }

  /** Takes, once. @throws UnavailableError when the store is away and `onStoreError` is `closed` */
  decide(
    subject: string,
    requests: readonly RateLimitRequest[],
    onStoreError: OnStoreError,
  ): Promise<DecidedAnswer> {
    return this.#ask('take', subject, requests, onStoreError);
  }

  /** What `decide` would answer, and takes nothing. @throws as `decide` */
  peek(
    subject: string,
    requests: readonly RateLimitRequest[],
    onStoreError: OnStoreError,
  ): Promise<DecidedAnswer> {
    return this.#ask('peek', subject, requests, onStoreError);
  }

  /** @throws UnavailableError when the store is away: it may still count what was to be forgotten */
  async reset(subject: string, policies: readonly CountedPolicy[]): Promise<void> {
    await this.#local.reset(subject, policies);
    try {
      await this.#deadlines.limit(this.primary.reset(subject, policies));
    } catch (cause) {
      throw away(cause);
    }
  }

  async #ask(
    how: 'take' | 'peek',
    subject: string,
    requests: readonly RateLimitRequest[],
    onStoreError: OnStoreError,
  ): Promise<DecidedAnswer> {
    if (this.#outage.isRunning) {
      const probe = this.#outage.nextProbe();
      if (probe) runOutsideScope(() => void this.#probe(probe));
      return this.#withoutStore(how, subject, requests, onStoreError);
    }
    const { count } = this.#outage;
    try {
      const { granted, states } = await this.#deadlines.limit(this.primary[how](subject, requests));
      return { granted, states, decidedBy: 'store' };
    } catch (error) {
      if (error instanceof UnreadableCounterError) this.#unreadable.warn(error.message);
      // Otherwise it is of an outage another call told of, which may be over.
      else if (count === this.#outage.count) this.#lose(error, { subject, requests });
      return this.#withoutStore(how, subject, requests, onStoreError, error);
    }
  }

  /** The call may have been counted by the store as well: better twice than not at all. */
  async #withoutStore(
    how: 'take' | 'peek',
    subject: string,
    requests: readonly RateLimitRequest[],
    onStoreError: OnStoreError,
    cause?: unknown,
  ): Promise<DecidedAnswer> {
    switch (onStoreError) {
      case 'local':
        return { ...(await this.#local[how](subject, this.#share.of(requests))), decidedBy: 'local' };
      case 'open':
        return { granted: 1, states: requests.map(({ policy }) => full(policy)), decidedBy: 'open' };
      case 'closed':
        throw away(cause);
    }
  }

  #lose(error: unknown, failed: FailedCall): void {
    this.#outage.begin(failed);
    // It is nobody's in particular, whoever noticed it.
    runOutsideScope(() => this.#options.onLost?.(error));
  }

  /** Nobody waits for it. It writes, beside what is counted: a store that only answers questions is away too. */
  async #probe({ subject }: FailedCall): Promise<void> {
    try {
      await this.#deadlines.limit(this.primary.take(subject, PROBE));
    } catch (error) {
      if (!(error instanceof UnreadableCounterError)) return;
    }
    if (this.#outage.isRunning) this.#options.onRestored?.(this.#outage.end());
  }
}

const PROBE: readonly RateLimitRequest[] = [
  {
    policy: {
      name: 'outage-probe',
      algorithm: 'fixed-window',
      limit: 1_000_000_000,
      windowMs: 1_000,
      burst: 1_000_000_000,
    },
    cost: 1,
  },
];

function full({ algorithm, limit, burst }: CountedPolicy): RateLimitAnswer['states'][number] {
  return { remaining: algorithm === 'token-bucket' ? burst : limit, resetMs: 0, retryMs: 0 };
}

function away(cause: unknown): UnavailableError {
  return new UnavailableError(
    'The store of the rate limits is away, and this limit admits nothing without it.',
    {
      cause,
    },
  );
}
