import { ConfigurationError } from '../errors/isolation.errors.js';
import { definePlans } from './define-plans.js';
import { PLAN_CATALOG } from './plan-catalog.js';
import type { PlanCatalog, PlanDefinition } from './plan-definition.js';

const plan: PlanDefinition = { version: 1, priceCents: 0, limits: { maxAgents: 3 }, features: ['export'] };
const define = (changes: object, others: Record<string, PlanDefinition> = {}): PlanCatalog =>
  definePlans({
    limits: ['maxAgents'],
    features: ['export'],
    plans: { hobby: { ...plan, ...changes }, ...others },
  });

describe(definePlans.name, () => {
  it.each<object>([
    { priceCents: null },
    { limits: { maxAgents: null } },
    { limits: { maxAgents: 0 } },
    { features: [] },
    { version: 12 },
  ])('takes %j and answers with the catalogue it was given', (changes) => {
    expect(define(changes).plans.hobby).toEqual({ ...plan, ...changes });
  });

  it.each<[object, RegExp]>([
    [{ version: 0 }, /hobby: version must be a whole number from 1/],
    [{ version: 1.5 }, /version/],
    [{ priceCents: -1 }, /priceCents must be whole cents or null/],
    [{ priceCents: 9.99 }, /priceCents/],
    [{ priceCents: undefined }, /priceCents/],
    [{ limits: { maxAgents: -1 } }, /maxAgents must be a whole number from 0, or null/],
    [{ limits: { maxAgents: Infinity } }, /maxAgents/],
    [{ limits: { maxAgents: NaN } }, /maxAgents/],
    [{ limits: { maxAgents: '3' } }, /maxAgents/],
    [{ limits: {} }, /maxAgents/],
    [{ limits: { maxAgents: 1, maxDogs: 1 } }, /maxDogs is not among the limits declared/],
    [{ features: ['exprot'] }, /exprot is not among the features declared/],
  ])('refuses %j', (changes, message) => {
    expect(() => define(changes)).toThrow(ConfigurationError);
    expect(() => define(changes)).toThrow(message);
  });

  describe('kinds and terms of limits', () => {
    const counting = (kinds: object, quotas: object): PlanCatalog =>
      definePlans({
        limits: ['maxAgents', 'maxCalls', 'days'],
        kinds,
        features: [],
        plans: {
          pro: {
            version: 1,
            priceCents: 0,
            limits: { maxAgents: 1, maxCalls: 9, days: 7 },
            features: [],
            quotas,
          },
        },
      });
    const kinds = { maxAgents: 'allocation', maxCalls: 'consumption' };

    it.each<object>([
      {},
      { maxAgents: {} },
      { maxAgents: { enforcement: 'hard' }, maxCalls: { enforcement: 'shadow' } },
      { maxAgents: { enforcement: 'soft' } },
      { maxAgents: { enforcement: 'soft', overageCap: 0 } },
      { maxAgents: { enforcement: 'grace', graceDays: 1 } },
      { maxAgents: { alertAt: [] } },
      { maxAgents: { alertAt: [1, 80, 1_000] } },
      { maxCalls: { refundCap: 0 } },
    ])('may be %j', (quotas) => {
      expect(counting(kinds, quotas).plans.pro?.quotas).toEqual(quotas);
    });

    it.each<[object, RegExp]>([
      [{ maxDogs: {} }, /pro: quotas: maxDogs is not among the limits declared/],
      [{ days: {} }, /pro: quotas: days has no kind, so nothing counts it/],
      [
        { maxAgents: { enforcement: 'firm' } },
        /maxAgents: enforcement must be one of hard, soft, grace, shadow/,
      ],
      [{ maxAgents: { overageCap: 1 } }, /overageCap is for enforcement soft/],
      [{ maxAgents: { enforcement: 'grace', graceDays: 1, overageCap: 1 } }, /overageCap is for/],
      [{ maxAgents: { enforcement: 'soft', overageCap: -1 } }, /overageCap must be a whole number from 0/],
      [{ maxAgents: { enforcement: 'soft', overageCap: 1.5 } }, /overageCap must be/],
      [{ maxAgents: { enforcement: 'grace' } }, /graceDays is needed with enforcement grace/],
      [{ maxAgents: { enforcement: 'grace', graceDays: 0 } }, /graceDays must be a whole number from 1/],
      [{ maxAgents: { enforcement: 'soft', graceDays: 1 } }, /graceDays is for enforcement grace/],
      [{ maxAgents: { alertAt: [0] } }, /alertAt must be whole percents from 1 to 1000, rising/],
      [{ maxAgents: { alertAt: [1_001] } }, /alertAt/],
      [{ maxAgents: { alertAt: [79.5] } }, /alertAt/],
      [{ maxAgents: { alertAt: [80, 80] } }, /alertAt/],
      [{ maxAgents: { alertAt: [100, 80] } }, /alertAt/],
      [{ maxCalls: { refundCap: -1 } }, /refundCap must be a whole number from 0/],
      [{ maxAgents: { refundCap: 1 } }, /refundCap is for limits of the kind consumption/],
    ])('are refused as %j', (quotas, message) => {
      expect(() => counting(kinds, quotas)).toThrow(ConfigurationError);
      expect(() => counting(kinds, quotas)).toThrow(message);
    });

    it.each<[object, RegExp]>([
      [{ maxDogs: 'rate' }, /kinds: maxDogs is not among the limits declared/],
      [{ maxAgents: 'stock' }, /kinds: maxAgents must be one of allocation, consumption, concurrency, rate/],
    ])('are refused when a kind is %j', (wrong, message) => {
      expect(() => counting(wrong, {})).toThrow(message);
    });

    it('have names the compiler knows', () => {
      // Never called: what is checked is that it would not compile without the two lines.
      const wrong = (): void => {
        definePlans({
          limits: ['maxAgents'],
          // @ts-expect-error -- no such limit
          kinds: { maxDogs: 'rate' },
          features: [],
          // @ts-expect-error -- no such limit
          plans: { pro: { ...plan, features: [], quotas: { maxDogs: {} } } },
        });
      };
      expect(wrong).toBeInstanceOf(Function);
    });
  });

  it.each<[string[], string[], RegExp]>([
    [['export'], ['export'], /export is declared twice/],
    [['maxAgents', 'maxAgents'], [], /maxAgents is declared twice/],
    [['maxAgents', ''], [], /has no name/],
  ])('refuses the names %j and %j', (limits, features, message) => {
    const limited = Object.fromEntries(limits.map((name) => [name, 1]));
    expect(() =>
      definePlans({ limits, features, plans: { hobby: { ...plan, limits: limited, features: [] } } }),
    ).toThrow(message);
  });

  it('refuses a catalogue without plans', () => {
    expect(() => definePlans({ limits: [], features: [], plans: {} })).toThrow(/there is no plan/);
  });

  it('names every problem of every plan at once', () => {
    const pro = { ...plan, version: 0, priceCents: -1 };
    expect(() => define({ version: -1 }, { pro })).toThrow(
      /hobby: version .*; pro: version .*; pro: priceCents /,
    );
  });

  it('took the plans that come with the library', () => {
    expect(Object.keys(PLAN_CATALOG.plans)).toEqual(['free', 'starter', 'professional', 'enterprise']);
    expect(() => definePlans(PLAN_CATALOG)).not.toThrow();
  });
});
