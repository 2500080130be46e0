import { LRUCache } from 'lru-cache';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { counterOf } from './memory/counter-of.js';
import type { MemoryCounter } from './memory/memory-counter.js';
import { takeFrom } from './memory/take-from.js';
import type { CountedPolicy, RateLimitAnswer, RateLimitRequest, RateLimitStore } from './rate-limit.store.js';

export interface InMemoryRateLimitStoreOptions {
  /** Counters kept at most, one for each subject and policy. @default 100_000 */
  readonly maxCounters?: number;
  /** The time, milliseconds since 1970. @default the system's when the process began, and what has passed since */
  readonly now?: () => number;
}

/**
 * Rate limits in this process's memory: exact among all callers of one process, gone when it ends. It has no timers
 * and never sweeps. Of more than `maxCounters` it forgets those of the subject that was asked for least recently, also
 * when they are still in use: that subject has its whole limit again. So where strangers choose the subject, as with
 * addresses, allow for more counters than they can fill within a window.
 *
 * @throws ConfigurationError when `maxCounters` is no whole number above 0
 *
 * @example
 * const store = new InMemoryRateLimitStore({ maxCounters: 20_000 });
 * const { granted } = await store.take(tenantId, [{ policy, cost: 1 }]);
 */
export class InMemoryRateLimitStore implements RateLimitStore {
  readonly #subjects: LRUCache<string, MemoryCounter[]>;
  readonly #now: () => number;

  constructor({ maxCounters = 100_000, now = monotonicNow }: InMemoryRateLimitStoreOptions = {}) {
    if (!Number.isSafeInteger(maxCounters) || maxCounters < 1)
      throw new ConfigurationError(
        `InMemoryRateLimitStore: maxCounters must be a whole number above 0, not ${maxCounters}.`,
      );
    this.#now = now;
    this.#subjects = new LRUCache({
      maxSize: maxCounters,
      sizeCalculation: (counters) => counters.length,
    });
  }

  take(subject: string, requests: readonly RateLimitRequest[], times = 1): Promise<RateLimitAnswer> {
    return Promise.resolve(this.decide(subject, requests, times));
  }

  /** What {@link take} does, with the answer at once: for callers that cannot wait and need no other store. */
  decide(subject: string, requests: readonly RateLimitRequest[], times = 1): RateLimitAnswer {
    const now = Math.floor(this.#now());
    const kept = this.#subjects.get(subject);
    const counters = new Array<MemoryCounter>(requests.length);
    let isNew = false;
    for (let at = 0; at < requests.length; at += 1) {
      const { policy } = requests[at] as RateLimitRequest;
      const found = find(kept, policy);
      isNew ||= !found;
      counters[at] = found ?? counterOf(policy);
    }
    const answer = takeFrom(counters, requests, times, now);
    if (isNew) this.#keep(subject, kept ?? [], counters, now);
    return answer;
  }

  peek(subject: string, requests: readonly RateLimitRequest[]): Promise<RateLimitAnswer> {
    const kept = this.#subjects.get(subject);
    const counters = requests.map(({ policy }) => find(kept, policy)?.copy() ?? counterOf(policy));
    return Promise.resolve(takeFrom(counters, requests, 1, Math.floor(this.#now())));
  }

  reset(subject: string, policies: readonly CountedPolicy[]): Promise<void> {
    const kept = this.#subjects.get(subject) ?? [];
    const left = kept.filter((counter) => !policies.some((policy) => counter.isOf(policy)));
    if (left.length > 0) this.#subjects.set(subject, left);
    else this.#subjects.delete(subject);
    return Promise.resolve();
  }

  #keep(
    subject: string,
    kept: readonly MemoryCounter[],
    counters: readonly MemoryCounter[],
    now: number,
  ): void {
    const used = counters.filter((counter) => !kept.includes(counter) && !counter.isOver(now));
    if (used.length > 0) this.#subjects.set(subject, [...kept, ...used]);
  }
}

function find(kept: readonly MemoryCounter[] | undefined, policy: CountedPolicy): MemoryCounter | undefined {
  if (kept === undefined) return undefined;
  for (const counter of kept) if (counter.isOf(policy)) return counter;
  return undefined;
}

/** Unlike the system's clock it is never set back. */
function monotonicNow(): number {
  return performance.timeOrigin + performance.now();
}
