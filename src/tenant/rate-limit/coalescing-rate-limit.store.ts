import { runOutsideScope } from '../context/tenant-scope.js';
import { DenialCache } from './coalescing/denial-cache.js';
import { signatureOf } from './coalescing/signature.js';
import { CallDeadlines } from './outage/call-deadlines.js';
import type { CountedPolicy, RateLimitAnswer, RateLimitRequest, RateLimitStore } from './rate-limit.store.js';

/** A store that never answers must not hold up for ever all who call the same. Whoever calls waits less long. */
const MAX_CALL_MS = 1_000;

interface Waiting {
  readonly times: number;
  readonly resolve: (answer: RateLimitAnswer) => void;
  readonly reject: (error: unknown) => void;
}

interface Lane {
  readonly subject: string;
  readonly requests: readonly RateLimitRequest[];
  readonly waiting: Waiting[];
}

/**
 * Before a store that others share. Of calls that are equal in subject, limits and costs one is under way; those who
 * call meanwhile go with the next, in their order, each told how things stand after all of them. A busy tenant so
 * costs the store one call at a time, however many callers it has. Once refused, the same call is refused without
 * asking, for as long as the store said and a second at most.
 */
export class CoalescingRateLimitStore implements RateLimitStore {
  readonly #lanes = new Map<string, Lane>();
  readonly #denials: DenialCache;
  readonly #deadlines: CallDeadlines;

  /**
   * @param now for tests: milliseconds, never back. @default the process's own
   * @param timeoutMs for one call to the store; then all who wait for it are told that it failed.
   */
  constructor(
    private readonly inner: RateLimitStore,
    now: () => number = () => performance.now(),
    timeoutMs = MAX_CALL_MS,
  ) {
    this.#denials = new DenialCache(now);
    this.#deadlines = new CallDeadlines(timeoutMs);
  }

  take(subject: string, requests: readonly RateLimitRequest[], times = 1): Promise<RateLimitAnswer> {
    const key = signatureOf(subject, requests);
    const denied = this.#denials.find(key);
    if (denied) return Promise.resolve(denied);
    let lane = this.#lanes.get(key);
    if (!lane) {
      const started: Lane = { subject, requests, waiting: [] };
      lane = started;
      this.#lanes.set(key, started);
      // It goes on for others after the call that began it.
      runOutsideScope(() => void this.#run(key, started));
    }
    const { waiting } = lane;
    return new Promise((resolve, reject) => {
      waiting.push({ times, resolve, reject });
    });
  }

  peek(subject: string, requests: readonly RateLimitRequest[]): Promise<RateLimitAnswer> {
    return this.inner.peek(subject, requests);
  }

  async reset(subject: string, policies: readonly CountedPolicy[]): Promise<void> {
    await this.inner.reset(subject, policies);
    this.#denials.clear();
  }

  async #run(key: string, lane: Lane): Promise<void> {
    await Promise.resolve(); // those who call in the same turn go together
    while (lane.waiting.length > 0) {
      const batch = lane.waiting.splice(0);
      try {
        await this.#send(key, lane, batch);
      } catch (error) {
        // Those who wait meanwhile as well: told later, they would be refused and counted all the same.
        for (const { reject } of [...batch, ...lane.waiting.splice(0)]) reject(error);
      }
    }
    this.#lanes.delete(key);
  }

  async #send(key: string, { subject, requests }: Lane, batch: readonly Waiting[]): Promise<void> {
    const times = batch.reduce((sum, waiting) => sum + waiting.times, 0);
    const generation = this.#denials.generation;
    const { granted, states } = await this.#deadlines.limit(this.inner.take(subject, requests, times));
    if (granted < times) this.#denials.keep(key, states, generation);
    let left = granted;
    for (const waiting of batch) {
      const given = Math.min(waiting.times, left);
      left -= given;
      waiting.resolve({ granted: given, states });
    }
  }
}
