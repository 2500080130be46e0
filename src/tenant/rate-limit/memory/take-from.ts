import type { PolicyState, RateLimitAnswer, RateLimitRequest } from '../rate-limit.store.js';
import type { MemoryCounter } from './memory-counter.js';

/** Takes as many of the calls as all counters have room for, each in the place of its request. */
export function takeFrom(
  counters: readonly MemoryCounter[],
  requests: readonly RateLimitRequest[],
  times: number,
  now: number,
): RateLimitAnswer {
  let granted = times;
  for (let at = 0; at < requests.length; at += 1) {
    const { policy, cost } = requests[at] as RateLimitRequest;
    if (cost === 0) continue;
    const room = (counters[at] as MemoryCounter).room(policy, now);
    granted = Math.min(granted, Math.floor(room / cost));
  }
  const states = new Array<PolicyState>(requests.length);
  for (let at = 0; at < requests.length; at += 1) {
    const { policy, cost } = requests[at] as RateLimitRequest;
    const counter = counters[at] as MemoryCounter;
    counter.take(policy, granted * cost, now);
    states[at] = counter.state(policy, cost, now);
  }
  return { granted, states };
}
