import type { CountedPolicy } from '../rate-limit.store.js';
import { FixedWindowCounter } from './fixed-window.counter.js';
import type { MemoryCounter } from './memory-counter.js';
import { SlidingWindowCounter } from './sliding-window.counter.js';
import { TokenBucketCounter } from './token-bucket.counter.js';

export function counterOf(policy: CountedPolicy): MemoryCounter {
  switch (policy.algorithm) {
    case 'sliding-window':
      return new SlidingWindowCounter(policy);
    case 'fixed-window':
      return new FixedWindowCounter(policy);
    case 'token-bucket':
      return new TokenBucketCounter(policy);
  }
}
