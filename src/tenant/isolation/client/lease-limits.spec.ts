import { ConfigurationError } from '../../errors/isolation.errors.js';
import { leaseLimitsOf } from './lease-limits.js';

describe(leaseLimitsOf.name, () => {
  it.each([
    [1, 1],
    [2, 1],
    [3, 2],
    [5, 4],
    [10, 8],
    [100, 80],
  ])('of %i connections leaves a tenant %i', (max, maxPerTenant) => {
    expect(leaseLimitsOf(max, {})).toEqual({
      max,
      maxPerTenant,
      maxWaiting: 100 * max,
      maxWaitingPerTenant: 50 * max,
    });
  });

  it('never gives the last connection to one tenant, unless told to or there is but one', () => {
    for (let max = 2; max <= 1_000; max += 1) expect(leaseLimitsOf(max, {}).maxPerTenant).toBeLessThan(max);
  });

  it('takes what it is told', () => {
    const told = { maxPerTenant: 4, maxWaiting: 3, maxWaitingPerTenant: 0 };
    expect(leaseLimitsOf(4, told)).toEqual({ max: 4, ...told });
  });

  it('halves what may wait for one tenant, and leaves it one', () => {
    expect(leaseLimitsOf(4, { maxWaiting: 1 }).maxWaitingPerTenant).toBe(1);
    expect(leaseLimitsOf(4, { maxWaiting: 0 }).maxWaitingPerTenant).toBe(0);
  });

  it.each([
    ['max', 2.5, {}],
    ['max', Number.NaN, {}],
    ['max', -1, {}],
    ['maxPerTenant', 4, { maxPerTenant: 0 }],
    ['maxPerTenant', 4, { maxPerTenant: 5 }],
    ['maxPerTenant', 4, { maxPerTenant: 1.5 }],
    ['maxPerTenant', 4, { maxPerTenant: '2' as unknown as number }],
    ['maxWaiting', 4, { maxWaiting: -1 }],
    ['maxWaiting', 4, { maxWaiting: Infinity }],
    ['maxWaitingPerTenant', 4, { maxWaitingPerTenant: -1 }],
    ['maxWaitingPerTenant', 4, { maxWaiting: 10, maxWaitingPerTenant: 11 }],
  ])('refuses %s out of range', (option, max, options) => {
    expect(() => leaseLimitsOf(max, options)).toThrow(ConfigurationError);
    expect(() => leaseLimitsOf(max, options)).toThrow(new RegExp(`^${option} of TenantPool is `));
  });
});
