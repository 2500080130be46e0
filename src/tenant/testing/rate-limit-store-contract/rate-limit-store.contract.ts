import { AMOUNT_CASES } from './amount.cases.js';
import { CHANGED_LIMIT_CASES } from './changed-limit.cases.js';
import { CLOCK_CASES } from './clock.cases.js';
import type { RateLimitStoreCase } from './contract-case.js';
import { FIXED_WINDOW_CASES } from './fixed-window.cases.js';
import { NAMING_CASES } from './naming.cases.js';
import { RACE_CASES } from './race.cases.js';
import { SLIDING_WINDOW_CASES } from './sliding-window.cases.js';
import { TOGETHER_CASES } from './together.cases.js';
import { TOKEN_BUCKET_CASES } from './token-bucket.cases.js';

/**
 * What every RateLimitStore promises, to be run against a store of your own. Each case counts under subjects of its
 * own and rejects with an AssertionError when a promise is broken. It uses nothing of a test framework: the same cases
 * run under Jest, Vitest and node:test, one after the other, since they share the store's clock.
 *
 * @example
 * describe('MyRateLimitStore', () => {
 *   for (const { name, run } of rateLimitStoreContract) it(name, async () => run(fixture));
 * });
 */
export const rateLimitStoreContract: readonly RateLimitStoreCase[] = [
  ...AMOUNT_CASES,
  ...SLIDING_WINDOW_CASES,
  ...FIXED_WINDOW_CASES,
  ...TOKEN_BUCKET_CASES,
  ...CHANGED_LIMIT_CASES,
  ...TOGETHER_CASES,
  ...NAMING_CASES,
  ...CLOCK_CASES,
  ...RACE_CASES,
];
