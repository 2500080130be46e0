import { ConfigurationError } from '../errors/isolation.errors.js';
import { definePlans } from './define-plans.js';
import type { EntitlementOverrides } from './entitlements.js';
import { PlanDirectory } from './plan-directory.js';

const plan = { priceCents: 0, features: [] };
const catalog = definePlans({
  limits: ['maxAgents'],
  features: [],
  plans: { pro: { ...plan, version: 2, limits: { maxAgents: 20 } } },
});
const earlier = [
  { ...plan, name: 'pro', version: 1, limits: { maxAgents: 10 } },
  { ...plan, name: 'legacy', version: 1, limits: { maxAgents: 1 } },
];

describe(PlanDirectory.name, () => {
  const directory = new PlanDirectory(catalog, earlier);

  it('sells the plans of the catalogue, in its versions', () => {
    expect(directory.names).toEqual(['pro']);
    expect(directory.current('pro')?.version).toBe(2);
    expect(directory.current('legacy')).toBeUndefined();
  });

  it.each(['constructor', '__proto__', 'toString', ''])('sells no plan named %j', (name) => {
    expect(directory.current(name)).toBeUndefined();
  });

  it('knows what was sold before', () => {
    expect(directory.entitlements('pro', 1, {}).limits).toEqual({ maxAgents: 10 });
    expect(directory.entitlements('pro', 2, {}).limits).toEqual({ maxAgents: 20 });
    expect(directory.entitlements('legacy', 1, { maxAgents: 5 }).limits).toEqual({ maxAgents: 5 });
  });

  it.each([
    ['pro', 3],
    ['legacy', 2],
    ['unknown', 1],
    ['pro@1', 1],
  ])('guesses nothing about %s version %d', (name, version) => {
    expect(() => directory.entitlements(name, version, {})).toThrow(ConfigurationError);
    expect(() => new PlanDirectory(catalog).entitlements('pro', 1, {})).toThrow(/pro in version 1/);
  });

  it('answers for all tenants of one version without overrides with one object', () => {
    expect(directory.entitlements('pro', 2, {})).toBe(directory.entitlements('pro', 2, {}));
    expect(directory.entitlements('pro', 1, {})).not.toBe(directory.entitlements('pro', 2, {}));
  });

  it.each<EntitlementOverrides>([{}, { maxAgents: 5 }])(
    'lets nobody change the answer to overrides %j',
    (overrides) => {
      const entitlements = directory.entitlements('pro', 2, overrides);
      expect(() => Object.assign(entitlements.limits, { maxAgents: null })).toThrow(TypeError);
      expect(() => Object.assign(entitlements.features, { sso: true })).toThrow(TypeError);
      expect(() => Object.assign(entitlements, { limits: {} })).toThrow(TypeError);
    },
  );

  describe('terms', () => {
    const counted = definePlans({
      limits: ['maxAgents', 'maxCalls', 'days'],
      kinds: { maxAgents: 'allocation', maxCalls: 'consumption' },
      features: [],
      plans: {
        pro: {
          ...plan,
          version: 2,
          limits: { maxAgents: 20, maxCalls: 101, days: 7 },
          quotas: {
            maxAgents: { enforcement: 'soft', alertAt: [50] },
            maxCalls: { enforcement: 'grace', graceDays: 3 },
          },
        },
        big: { ...plan, version: 1, limits: { maxAgents: null, maxCalls: null, days: 7 } },
      },
    });
    const terms = new PlanDirectory(counted, [
      { ...plan, name: 'pro', version: 1, limits: { maxAgents: 10 } },
    ]);
    const hard = { enforcement: 'hard', overageCap: 0, graceDays: 0, alertAt: [80, 100] };

    it('says what a limit counts', () => {
      expect(terms.kindOf('maxAgents')).toBe('allocation');
      for (const name of ['days', 'maxDogs', 'constructor', '__proto__'])
        expect(terms.kindOf(name)).toBeUndefined();
      expect(directory.kindOf('maxAgents')).toBeUndefined();
    });

    it('are those of the version, and defaults for the rest', () => {
      expect(terms.quotaTerms('pro', 2, 'maxAgents')).toEqual({
        enforcement: 'soft',
        overageCap: null,
        graceDays: 0,
        alertAt: [50],
        refundCap: 0,
      });
      expect(terms.quotaTerms('pro', 2, 'maxCalls')).toEqual({
        ...hard,
        enforcement: 'grace',
        graceDays: 3,
        refundCap: 11,
      });
      expect(terms.quotaTerms('pro', 1, 'maxAgents')).toEqual({ ...hard, refundCap: 0 });
      expect(terms.quotaTerms('pro', 1, 'maxCalls')).toEqual({ ...hard, refundCap: 0 });
    });

    it('go by the effective limit, where it is not the plan’s', () => {
      expect(terms.quotaTerms('pro', 2, 'maxCalls', 20).refundCap).toBe(2);
      expect(terms.quotaTerms('pro', 2, 'maxCalls', null).refundCap).toBeNull();
      expect(terms.quotaTerms('big', 1, 'maxCalls').refundCap).toBeNull();
      expect(terms.quotaTerms('big', 1, 'maxCalls', 0).refundCap).toBe(0);
    });

    it('are not guessed', () => {
      expect(() => terms.quotaTerms('pro', 2, 'days')).toThrow(/no kind to days/);
      expect(() => terms.quotaTerms('pro', 2, 'constructor')).toThrow(ConfigurationError);
      expect(() => terms.quotaTerms('pro', 3, 'maxAgents')).toThrow(/pro in version 3/);
    });
  });
});
