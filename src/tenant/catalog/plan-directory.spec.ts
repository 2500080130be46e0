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
});
