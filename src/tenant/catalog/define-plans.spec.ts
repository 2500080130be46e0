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
