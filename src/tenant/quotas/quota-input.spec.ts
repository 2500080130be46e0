import { runInScope, TenantScope } from '../context/tenant-scope.js';
import type { TenantContext } from '../context/tenant-context.js';
import { checkedAmount, checkedKey, checkedReservationId, checkedTtl, payingTenant } from './quota-input.js';

const ACME = '0191e5a0-0000-4000-8000-000000000001';
const GLOBEX = '0191e5a0-0000-4000-8000-000000000002';
const inScopeOf = <T>(tenantId: string, fn: () => T): T =>
  runInScope(new TenantScope(undefined, { tenantId } as TenantContext), fn);

describe(payingTenant.name, () => {
  it("is the scope's, whether or not it is named", () => {
    expect(inScopeOf(ACME, () => payingTenant('consumeQuota', undefined))).toBe(ACME);
    expect(inScopeOf(ACME, () => payingTenant('consumeQuota', ACME))).toBe(ACME);
  });

  it("is never another than the scope's", () => {
    expect(() => inScopeOf(ACME, () => payingTenant('consumeQuota', GLOBEX))).toThrow(/another tenant/);
  });

  it('is named where there is no scope, or nobody', () => {
    expect(payingTenant('consumeQuota', GLOBEX)).toBe(GLOBEX);
    expect(() => payingTenant('consumeQuota', undefined)).toThrow(/consumeQuota\(\) was called/);
  });

  it.each(['', 'acme', ACME.toUpperCase(), `{${ACME}}`])('is not %j', (named) => {
    expect(() => payingTenant('consumeQuota', named)).toThrow('no such tenant');
  });
});

describe('what is asked for', () => {
  it.each([0, 1, Number.MAX_SAFE_INTEGER])('may be %d units', (amount) => {
    expect(checkedAmount(amount, 0)).toBe(amount);
  });
  it.each([-1, 0.5, NaN, Infinity, Number.MAX_SAFE_INTEGER + 1, '1' as never])(
    'may not be %p units',
    (amount) => {
      expect(() => checkedAmount(amount, 0)).toThrow(/whole units/);
    },
  );
  it('may have to be something', () => {
    expect(() => checkedAmount(0, 1)).toThrow(/from 1/);
  });

  it('may be held for a day', () => {
    expect(checkedTtl()).toBe(900);
    expect(checkedTtl(86_400)).toBe(86_400);
    expect(() => checkedTtl(86_401)).toThrow(/ttlSeconds/);
  });

  it.each([undefined, 'a', '~'.repeat(255)])('may have the key %j', (key) => {
    expect(checkedKey(key)).toBe(key);
  });
  it.each(['', ' ', 'a b', 'ä', '~'.repeat(256), '\n'])('may not have the key %j', (key) => {
    expect(() => checkedKey(key)).toThrow(/printable ASCII/);
  });

  it.each(['', 'x', `${ACME} `])('may not be the reservation %j', (id) => {
    expect(() => checkedReservationId(id)).toThrow('no such reservation');
    expect(checkedReservationId(ACME)).toBe(ACME);
  });
});
