import type { GivenQuotaTerms } from '@parallax/tenant/testing';
import fc from 'fast-check';
import type { Resource } from './quota-model.js';

/** A call before it is known which reservations there are: `of` picks one of those made so far. */
export type CallPlan =
  | { readonly op: 'consume'; readonly amount: number; readonly key?: string }
  | {
      readonly op: 'reserve';
      readonly amount: number;
      readonly ttlSeconds: number;
      readonly inFlight: boolean;
      readonly key?: string;
    }
  | { readonly op: 'begin' | 'release'; readonly of: number }
  | { readonly op: 'commit'; readonly of: number; readonly part?: number };

export interface ApplyPlan {
  readonly step: 'apply';
  readonly resource: Resource;
  readonly calls: readonly CallPlan[];
}

export interface TogetherPlan {
  readonly step: 'together';
  readonly units: number;
  readonly other: number;
  readonly key?: string;
}

export type Step =
  | ApplyPlan
  | TogetherPlan
  | { readonly step: 'at once'; readonly plans: readonly (ApplyPlan | TogetherPlan)[] }
  | { readonly step: 'hold to'; readonly resource: Resource; readonly terms: GivenQuotaTerms }
  | { readonly step: 'suspend' | 'reactivate' | 'expire' | 'look' | 'reconcile' }
  | { readonly step: 'wait'; readonly seconds: number };

const DAY = 24 * 60 * 60;
const resource = fc.constantFrom<Resource>('units', 'units', 'units', 'other', 'slots');
const amount = fc.integer({ min: 1, max: 6 });
const key = fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined, freq: 3 });
const of = fc.nat({ max: 40 });

const withKey = <T extends object>(plan: fc.Arbitrary<T>): fc.Arbitrary<T & { key?: string }> =>
  fc.tuple(plan, key).map(([given, named]) => ({ ...given, ...(named !== undefined && { key: named }) }));

const consume = fc.record({ op: fc.constant('consume' as const), amount });
const reserve = fc.record({
  op: fc.constant('reserve' as const),
  amount,
  ttlSeconds: fc.constantFrom(60, 3_600, 40 * DAY),
  inFlight: fc.boolean(),
});
const beginOrRelease = fc.record({ op: fc.constantFrom('begin' as const, 'release' as const), of });
const commit = fc.record(
  { op: fc.constant('commit' as const), of, part: fc.nat({ max: 5 }) },
  { requiredKeys: ['op', 'of'] },
);

const call = fc.oneof<fc.WeightedArbitrary<CallPlan>[]>(
  { weight: 4, arbitrary: withKey(consume) },
  { weight: 4, arbitrary: withKey(reserve) },
  { weight: 2, arbitrary: beginOrRelease },
  { weight: 2, arbitrary: commit },
);

const apply: fc.Arbitrary<ApplyPlan> = fc.record({
  step: fc.constant('apply' as const),
  resource,
  calls: fc.array(call, { minLength: 1, maxLength: 4, size: 'max' }),
});

const together: fc.Arbitrary<TogetherPlan> = withKey(
  fc.record({ step: fc.constant('together' as const), units: amount, other: amount }),
);

const limit = fc.option(fc.integer({ min: 0, max: 16 }), { nil: null, freq: 8 });
const refundCap = fc.option(fc.nat({ max: 8 }), { nil: undefined });
const rest = fc
  .tuple(limit, refundCap)
  .map(([given, cap]) => ({ limit: given, ...(cap !== undefined && { refundCap: cap }) }));

/** Hard in the first place, as it is in life. */
export const terms: fc.Arbitrary<GivenQuotaTerms> = fc.oneof(
  { weight: 4, arbitrary: rest },
  {
    weight: 1,
    arbitrary: fc.tuple(rest, fc.option(fc.nat({ max: 5 }), { nil: undefined })).map(([given, cap]) => ({
      ...given,
      enforcement: 'soft' as const,
      ...(cap !== undefined && { overageCap: cap }),
    })),
  },
  {
    weight: 2,
    arbitrary: rest.map((given) => ({ ...given, enforcement: 'grace' as const, graceDays: 2 })),
  },
  { weight: 1, arbitrary: rest.map((given) => ({ ...given, enforcement: 'shadow' as const })) },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: apply },
  { weight: 2, arbitrary: together },
  {
    weight: 4,
    arbitrary: fc.record({
      step: fc.constant('at once' as const),
      plans: fc.array(fc.oneof({ weight: 4, arbitrary: apply }, { weight: 1, arbitrary: together }), {
        minLength: 2,
        maxLength: 4,
      }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ step: fc.constant('hold to' as const), resource, terms }) },
  {
    weight: 3,
    arbitrary: fc.record({
      step: fc.constant('wait' as const),
      seconds: fc.constantFrom(1, 60, 3_600, 2 * DAY, 20 * DAY),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      step: fc.constantFrom('suspend', 'reactivate', 'reactivate', 'expire', 'look', 'reconcile'),
    }),
  },
);

export const program = fc.record({
  /** Of the first of 2040: milliseconds to the anchor. */
  anchorAfter: fc.integer({ min: -400 * DAY * 1_000, max: 60 * DAY * 1_000 }),
  terms: fc.record({ units: terms, other: terms, slots: terms }),
  steps: fc.array(step, { minLength: 1, maxLength: 30, size: 'max' }),
});

export interface Program {
  readonly anchorAfter: number;
  readonly terms: Readonly<Record<Resource, GivenQuotaTerms>>;
  readonly steps: readonly Step[];
}
