import type { TenantContext } from '../../context/tenant-context.js';
import { ConfigurationError } from '../../errors/isolation.errors.js';
import { assertStatementTimeout, statementTimeoutOf } from './statement-timeout.js';

const tenant = (limits: TenantContext['limits']): TenantContext => ({
  tenantId: '00000000-0000-4000-8000-000000000000',
  tenantSlug: 'acme',
  plan: 'free',
  limits,
  features: {},
});
const ofPlan = ({ limits }: TenantContext): number | null | undefined => limits.statementMs;

describe(statementTimeoutOf.name, () => {
  it.each([
    ['a number', 250, {}, 250],
    ['none', undefined, {}, undefined],
    ['that of the plan', ofPlan, { statementMs: 5_000 }, 5_000],
    ['the longest', 2_147_483_647, {}, 2_147_483_647],
    ['unlimited by the plan', ofPlan, { statementMs: null }, undefined],
    ['not in the plan', ofPlan, {}, undefined],
  ])('is %s', (_, timeout, limits, expected) => {
    expect(statementTimeoutOf(timeout, tenant(limits))).toBe(expected);
  });

  // 0 would lift the server's own.
  it.each([0, -1, 1.5, Number.NaN, Infinity, 2_147_483_648, '5s' as unknown as number])(
    'refuses %s',
    (ms) => {
      expect(() => statementTimeoutOf(() => ms, tenant({}))).toThrow(ConfigurationError);
      expect(() => assertStatementTimeout(ms)).toThrow('statementTimeoutMs is');
    },
  );

  it('passes on what the function throws', () => {
    const fail = (): never => {
      throw new Error('no such plan');
    };
    expect(() => statementTimeoutOf(fail, tenant({}))).toThrow('no such plan');
    expect(() => assertStatementTimeout(fail)).not.toThrow();
  });
});
