import { LimitReachedError } from '../../errors/entitlement.errors.js';
import { TenantScopeMissingError } from '../../errors/isolation.errors.js';
import { tenantErrorFrom } from './database-errors.js';

describe(tenantErrorFrom.name, () => {
  const triggered = (detail: unknown): unknown => Object.assign(new Error('full'), { code: 'TN001', detail });

  it('passes on what the pool raised', () => {
    const error = new TenantScopeMissingError('A query ran');
    expect(tenantErrorFrom(error)).toBe(error);
  });

  it('reads the limit that a trigger holds', () => {
    const error = tenantErrorFrom(triggered('{"resource":"maxAgents","limit":3}'));
    expect(error).toBeInstanceOf(LimitReachedError);
    expect(error).toMatchObject({ code: 'LIMIT_REACHED', resource: 'maxAgents', limit: 3 });
  });

  it('reads how much there is, where it was counted', () => {
    const error = tenantErrorFrom(triggered('{"resource":"maxAgents","limit":3,"used":4}'));
    expect(error).toMatchObject({ limit: 3, used: 4 });
  });

  it.each([undefined, 'no JSON', '{}', 'null', '{"resource":"maxAgents"}', '{"resource":1,"limit":3}'])(
    'leaves alone an error whose detail is %s',
    (detail) => {
      expect(tenantErrorFrom(triggered(detail))).toBeUndefined();
    },
  );

  it.each([
    undefined,
    null,
    'text',
    new Error('other'),
    Object.assign(new Error('unique'), { code: '23505' }),
  ])('leaves alone %s', (error) => {
    expect(tenantErrorFrom(error)).toBeUndefined();
  });
});
