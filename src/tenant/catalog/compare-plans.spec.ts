import { comparePlans } from './compare-plans.js';
import type { LimitValue, PlanDefinition } from './plan-definition.js';

const catalog = { limits: ['maxAgents', 'maxSeats'], features: ['export', 'sso'], plans: {} };
const planOf = (maxAgents: LimitValue, maxSeats: LimitValue, features: string[] = []): PlanDefinition => ({
  version: 1,
  priceCents: 0,
  limits: { maxAgents, maxSeats },
  features,
});

describe(comparePlans.name, () => {
  it.each<[string, PlanDefinition, PlanDefinition, string]>([
    ['the same', planOf(3, null, ['sso']), planOf(3, null, ['sso']), 'change'],
    ['a higher limit', planOf(3, 1), planOf(4, 1), 'upgrade'],
    ['a limit that ends', planOf(3, 1), planOf(null, 1), 'upgrade'],
    ['a feature more', planOf(3, 1), planOf(3, 1, ['sso']), 'upgrade'],
    ['a lower limit', planOf(3, 1), planOf(2, 1), 'downgrade'],
    ['a limit where there was none', planOf(null, 1), planOf(1_000_000, 1), 'downgrade'],
    ['none of it', planOf(3, 1), planOf(0, 1), 'downgrade'],
    ['a feature less', planOf(3, 1, ['sso']), planOf(3, 1), 'downgrade'],
    ['another feature', planOf(3, 1, ['sso']), planOf(3, 1, ['export']), 'downgrade'],
    ['more of one and less of another', planOf(3, 1), planOf(100, 0), 'downgrade'],
    ['more of all but for a feature', planOf(3, 1, ['sso']), planOf(null, null), 'downgrade'],
  ])('%s', (_, from, to, direction) => {
    expect(comparePlans(catalog, from, to).direction).toBe(direction);
  });

  it('names what differs', () => {
    expect(comparePlans(catalog, planOf(3, 1, ['sso']), planOf(3, null, ['export']))).toEqual({
      direction: 'downgrade',
      limits: ['maxSeats'],
      gainedFeatures: ['export'],
      lostFeatures: ['sso'],
    });
  });

  it('takes a limit that a version does not know for none', () => {
    const earlier = { ...planOf(3, 0), limits: { maxAgents: 3 } };
    expect(comparePlans(catalog, earlier, planOf(3, 0)).direction).toBe('change');
    expect(comparePlans(catalog, earlier, planOf(3, 1)).direction).toBe('upgrade');
    expect(comparePlans(catalog, planOf(3, 1), earlier).direction).toBe('downgrade');
  });
});
