import { TenantScopeMismatchError, TenantScopeMissingError } from '../errors/isolation.errors.js';
import type { Principal } from './principal.js';
import type { TenantContext } from './tenant-context.js';
import {
  getTenantContext,
  runInScope,
  runOutsideScope,
  TenantScope,
  tryGetTenantContext,
} from './tenant-scope.js';

const acme = contextOf('aaaaaaaa-0000-4000-8000-000000000000');
const other = contextOf('bbbbbbbb-0000-4000-8000-000000000000');
const ada: Principal = { id: 'ada', kind: 'user', roles: [] };

function contextOf(tenantId: string): TenantContext {
  return { tenantId, tenantSlug: 'a-tenant', plan: 'free', limits: {}, features: {} };
}

describe(TenantScope.name, () => {
  it('is filled once it is known who is calling', () => {
    const scope = new TenantScope(undefined);
    expect(scope.tenant).toBeUndefined();
    scope.admit(ada, acme);
    expect([scope.principal, scope.tenant]).toEqual([ada, acme]);
  });

  it('takes the same tenant again, as when a guard stands globally and at the route', () => {
    const scope = new TenantScope(undefined, acme);
    const again = { ...acme, userId: 'ada' };
    scope.admit(ada, again);
    expect(scope.tenant).toBe(again);
  });

  it.each([
    ['another tenant', other],
    ['no tenant', undefined],
  ])('cannot be refilled with %s', (_what, tenant) => {
    const scope = new TenantScope(undefined, acme, ada);
    expect(() => scope.admit(undefined, tenant)).toThrow(TenantScopeMismatchError);
    expect([scope.principal, scope.tenant]).toEqual([ada, acme]);
  });
});

describe('the running scope', () => {
  const acmeScope = new TenantScope(undefined, acme);
  const otherScope = new TenantScope(undefined, other);

  it('is there for all that is started inside, and gone after', async () => {
    const later = runInScope(acmeScope, async () => {
      await new Promise(setImmediate);
      return getTenantContext();
    });
    expect(tryGetTenantContext()).toBeUndefined();
    expect(await later).toBe(acme);
  });

  it('may be nested, and the outer one is back afterwards', () => {
    runInScope(acmeScope, () => {
      expect(runInScope(otherScope, getTenantContext)).toBe(other);
      expect(runOutsideScope(tryGetTenantContext)).toBeUndefined();
      expect(getTenantContext()).toBe(acme);
    });
  });

  it('has no tenant while it is still empty', () => {
    runInScope(new TenantScope(undefined), () => {
      expect(tryGetTenantContext()).toBeUndefined();
      expect(getTenantContext).toThrow(TenantScopeMissingError);
    });
  });
});
