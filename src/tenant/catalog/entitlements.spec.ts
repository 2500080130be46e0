import { definePlans } from './define-plans.js';
import { type EntitlementOverrides, overrideProblems, resolveEntitlements } from './entitlements.js';

const catalog = definePlans({
  limits: ['maxAgents', 'maxSeats'],
  features: ['export', 'sso'],
  plans: {
    pro: { version: 1, priceCents: 0, limits: { maxAgents: 3, maxSeats: null }, features: ['export'] },
  },
});
const resolve = (overrides: EntitlementOverrides): object =>
  resolveEntitlements(catalog, catalog.plans.pro, overrides);

describe(resolveEntitlements.name, () => {
  const granted = { limits: { maxAgents: 3, maxSeats: null }, features: { export: true, sso: false } };

  it('grants what the plan does', () => {
    expect(resolve({})).toEqual(granted);
  });

  it.each<[EntitlementOverrides, object]>([
    [{ maxAgents: 5 }, { ...granted, limits: { maxAgents: 5, maxSeats: null } }],
    [{ maxAgents: null }, { ...granted, limits: { maxAgents: null, maxSeats: null } }],
    [{ maxSeats: 0 }, { ...granted, limits: { maxAgents: 3, maxSeats: 0 } }],
    [{ sso: true }, { ...granted, features: { export: true, sso: true } }],
    [{ export: false }, { ...granted, features: { export: false, sso: false } }],
  ])('grants an override instead: %j', (overrides, expected) => {
    expect(resolve(overrides)).toEqual(expected);
  });

  it.each<EntitlementOverrides>([{ maxAgents: true }, { sso: 1 }, { sso: null }, { maxDogs: 7, cats: true }])(
    'passes over an override that is none: %j',
    (overrides) => {
      expect(resolve(overrides)).toEqual(granted);
    },
  );

  it('grants none of a limit, and no feature, that an earlier version of the plan did not know', () => {
    const earlier = { version: 1, priceCents: 0, limits: { maxAgents: 3 }, features: [] };
    expect(resolveEntitlements(catalog, earlier, {})).toEqual({
      limits: { maxAgents: 3, maxSeats: 0 },
      features: { export: false, sso: false },
    });
  });
});

describe(overrideProblems.name, () => {
  it.each<EntitlementOverrides>([{}, { maxAgents: 0 }, { maxAgents: null, sso: false }])(
    'finds none in %j',
    (given) => {
      expect(overrideProblems(catalog, given)).toEqual([]);
    },
  );

  it.each<[Record<string, unknown>, string]>([
    [{ maxAgents: -1 }, 'maxAgents must be a whole number from 0, or null for unlimited'],
    [{ maxAgents: 1.5 }, 'maxAgents must be a whole number from 0, or null for unlimited'],
    [{ maxAgents: 1e21 }, 'maxAgents must be a whole number from 0, or null for unlimited'],
    [{ maxAgents: '7' }, 'maxAgents must be a whole number from 0, or null for unlimited'],
    [{ maxAgents: false }, 'maxAgents must be a whole number from 0, or null for unlimited'],
    [{ sso: 1 }, 'sso must be true or false'],
    [{ sso: null }, 'sso must be true or false'],
    [{ maxDogs: 1 }, 'maxDogs is not a limit or feature'],
    [{ constructor: 1 }, 'constructor is not a limit or feature'],
  ])('finds one in %j', (given, problem) => {
    const problems = overrideProblems(catalog, given).map(({ name, message }) => `${name} ${message}`);
    expect(problems).toEqual([problem]);
  });

  it('finds them all', () => {
    expect(overrideProblems(catalog, { maxDogs: 1, sso: 1, maxAgents: 2 })).toHaveLength(2);
  });
});
