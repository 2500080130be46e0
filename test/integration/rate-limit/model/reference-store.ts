import type {
  CountedPolicy,
  RateLimitAnswer,
  RateLimitRequest,
} from '../../../../src/tenant/rate-limit/rate-limit.store.js';
import { ReferenceBucket } from './reference-bucket.js';
import type { ReferenceCounter } from './reference-counter.js';
import { ReferenceWindows } from './reference-windows.js';

/** What the answers must be, one call after the other. */
export class ReferenceStore {
  now = 0;

  constructor(private readonly counters: ReadonlyMap<string, ReferenceCounter> = new Map()) {}

  /** @returns the answer, and the store as it is then */
  take(
    subject: string,
    requests: readonly RateLimitRequest[],
    times = 1,
  ): { answer: RateLimitAnswer; after: ReferenceStore } {
    let after = this.#with(
      requests.map(({ policy }) => {
        const counter = this.#counter(subject, policy).presentAt(this.now, policy);
        return [keyOf(subject, policy), counter];
      }),
    );
    let granted = 0;
    for (; granted < times && after.#fits(subject, requests); granted += 1) {
      const before = after;
      after = before.#with(
        requests.map(({ policy, cost }) => [
          keyOf(subject, policy),
          before.#counter(subject, policy).taking(cost, this.now, policy),
        ]),
      );
    }
    const states = requests.map(({ policy, cost }) =>
      after.#counter(subject, policy).state(this.now, policy, cost),
    );
    return { answer: { granted, states }, after };
  }

  reset(subject: string, policies: readonly CountedPolicy[]): ReferenceStore {
    return this.#with(policies.map((policy) => [keyOf(subject, policy), newCounter(policy)]));
  }

  at(now: number): ReferenceStore {
    return Object.assign(this.#with([]), { now });
  }

  #fits(subject: string, requests: readonly RateLimitRequest[]): boolean {
    return requests.every(
      ({ policy, cost }) => cost === 0 || cost <= this.#counter(subject, policy).room(this.now, policy),
    );
  }

  #counter(subject: string, policy: CountedPolicy): ReferenceCounter {
    return this.counters.get(keyOf(subject, policy)) ?? newCounter(policy);
  }

  #with(changed: readonly (readonly [string, ReferenceCounter])[]): ReferenceStore {
    return Object.assign(new ReferenceStore(new Map([...this.counters, ...changed])), { now: this.now });
  }
}

function keyOf(subject: string, { name, algorithm, windowMs }: CountedPolicy): string {
  return JSON.stringify([subject, name, algorithm, windowMs]);
}

function newCounter(policy: CountedPolicy): ReferenceCounter {
  switch (policy.algorithm) {
    case 'sliding-window':
      return ReferenceWindows.sliding(policy);
    case 'fixed-window':
      return ReferenceWindows.fixed(policy);
    case 'token-bucket':
      return new ReferenceBucket();
  }
}
