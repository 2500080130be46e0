import type { CountedPolicy, PolicyState } from '../../../../src/tenant/rate-limit/rate-limit.store.js';

/** What one counter comes to, worked out the long way. It is never changed: each step makes another. */
export interface ReferenceCounter {
  /** As it is once a clock that was set back has been written down. */
  presentAt(now: number, policy: CountedPolicy): ReferenceCounter;
  /** Of one that is of the present. */
  room(now: number, policy: CountedPolicy): number;
  taking(units: number, now: number, policy: CountedPolicy): ReferenceCounter;
  state(now: number, policy: CountedPolicy, cost: number): PolicyState;
}
