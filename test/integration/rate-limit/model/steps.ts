import fc from 'fast-check';
import type { CountedPolicy } from '../../../../src/tenant/rate-limit/rate-limit.store.js';

export interface Ask {
  readonly subject: number;
  /** For each policy of the program what it costs; undefined when it is not asked. */
  readonly costs: readonly (number | undefined)[];
  readonly times: number;
}

export type Step =
  | ({ readonly step: 'take' | 'peek' } & Ask)
  | { readonly step: 'at once'; readonly asks: readonly Ask[] }
  | { readonly step: 'reset'; readonly subject: number; readonly policy: number }
  | { readonly step: 'hold to'; readonly policy: number; readonly limit: number; readonly burst: number }
  /** Milliseconds; less than none when the clock is set back. */
  | { readonly step: 'clock'; readonly by: number }
  /** As long as the last answer says. */
  | { readonly step: 'wait as told' };

export interface Program {
  readonly policies: readonly CountedPolicy[];
  readonly steps: readonly Step[];
}

const HOUR = 3_600_000;
const POLICIES = 3;

/** Their fractions are far enough from each other that no store takes one for the other. */
const limit = fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 8, 10, 12);
const burst = fc.integer({ min: 1, max: 15 });

const policies: fc.Arbitrary<readonly CountedPolicy[]> = fc
  .tuple(
    ...['a', 'b', 'c'].map((name) =>
      fc.record({
        name: fc.constantFrom(name, 'same'),
        algorithm: fc.constantFrom(
          'sliding-window' as const,
          'fixed-window' as const,
          'token-bucket' as const,
        ),
        limit,
        windowMs: fc.constantFrom(1_000, 60_000, 61_003),
        burst,
      }),
    ),
  )
  .map((drawn) =>
    drawn.map((policy, at) => {
      const isTaken = drawn
        .slice(0, at)
        .some(
          (other) =>
            other.name === policy.name &&
            other.algorithm === policy.algorithm &&
            other.windowMs === policy.windowMs,
        );
      return held({ ...policy, name: isTaken ? `${policy.name}:${at}` : policy.name });
    }),
  );

const ask: fc.Arbitrary<Ask> = fc.record({
  subject: fc.nat({ max: 1 }),
  costs: fc.array(fc.option(fc.constantFrom(0, 1, 1, 1, 2, 3, 5), { nil: undefined, freq: 2 }), {
    minLength: POLICIES,
    maxLength: POLICIES,
  }),
  times: fc.constantFrom(1, 1, 1, 2, 3, 7),
});

const policy = fc.nat({ max: POLICIES - 1 });

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: ask.map((asked) => ({ step: 'take' as const, ...asked })) },
  { weight: 2, arbitrary: ask.map((asked) => ({ step: 'peek' as const, ...asked, times: 1 })) },
  {
    weight: 2,
    arbitrary: fc.record({
      step: fc.constant('at once' as const),
      asks: fc.array(ask, { minLength: 2, maxLength: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ step: fc.constant('reset' as const), subject: fc.nat({ max: 1 }), policy }),
  },
  { weight: 2, arbitrary: fc.record({ step: fc.constant('hold to' as const), policy, limit, burst }) },
  {
    weight: 8,
    arbitrary: fc
      .oneof(
        { weight: 3, arbitrary: fc.integer({ min: 1, max: 1_200 }) },
        { weight: 4, arbitrary: fc.constantFrom(83, 84, 999, 1_000, 4_999, 5_000, 5_001, 60_000, 65_000) },
        { weight: 3, arbitrary: fc.integer({ min: 1, max: 80_000 }) },
      )
      .map((by) => ({ step: 'clock' as const, by })),
  },
  { weight: 2, arbitrary: fc.constant({ step: 'wait as told' as const }) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(HOUR, -HOUR, -HOUR, -1, -100, -7_000, -61_003)
      .map((by) => ({ step: 'clock' as const, by })),
  },
);

export const program: fc.Arbitrary<Program> = fc.record({
  policies,
  steps: fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }),
});

/** The burst of what is no bucket is its limit. */
export function held(policy: CountedPolicy): CountedPolicy {
  return policy.algorithm === 'token-bucket' ? policy : { ...policy, burst: policy.limit };
}
