import { PLAN_CATALOG } from '../catalog/plan-catalog.js';
import { PlanDirectory } from '../catalog/plan-directory.js';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { TenantNotFoundError, TenantSuspendedError } from '../errors/request.errors.js';
import { contextOf } from './tenant-context.loader.js';
import type { Tenant } from './tenant.js';

const now = new Date(0);
const tenant: Tenant = {
  id: '00000000-0000-4000-8000-000000000000',
  name: 'Acme',
  slug: 'acme',
  status: 'active',
  statusReason: 'CANARY',
  plan: 'starter',
  planVersion: 1,
  scheduledPlan: null,
  metadata: { secret: 'CANARY' },
  limits: { maxAgents: 25, sso: true },
  priceCents: 1,
  periodAnchor: now,
  placement: 'shared',
  createdAt: now,
  updatedAt: now,
  deletedAt: null,
};
const plans = new PlanDirectory(PLAN_CATALOG);

describe(contextOf.name, () => {
  it('holds the tenant with its effective limits and features, and nothing else of it', () => {
    const context = contextOf(tenant, plans);
    expect(context).toEqual({
      tenantId: tenant.id,
      tenantSlug: 'acme',
      plan: 'starter',
      limits: { ...PLAN_CATALOG.plans.starter.limits, maxAgents: 25 },
      features: expect.objectContaining({ auditLogs: true, sso: true, sla: false }) as unknown,
    });
    expect(Object.isFrozen(context)).toBe(true);
    expect(JSON.stringify(context)).not.toContain('CANARY');
  });

  it('keeps who calls, and of what else is given nothing', () => {
    const given = { tenantId: 'forged', plan: 'enterprise', limits: {}, userId: 'u1', userRoles: ['editor'] };
    expect(contextOf(tenant, plans, given)).toEqual({
      ...contextOf(tenant, plans),
      userId: 'u1',
      userRoles: ['editor'],
    });
  });

  it.each(['trial', 'active'] as const)('is made for a tenant that is %s', (status) => {
    expect(contextOf({ ...tenant, status }, plans).tenantId).toBe(tenant.id);
  });

  it('is not made for a tenant that is suspended, nor for one that is deleted', () => {
    expect(() => contextOf({ ...tenant, status: 'suspended' }, plans)).toThrow(TenantSuspendedError);
    expect(() => contextOf({ ...tenant, status: 'deleted' }, plans)).toThrow(TenantNotFoundError);
  });

  it('is not made for a plan nobody knows', () => {
    expect(() => contextOf({ ...tenant, planVersion: 99 }, plans)).toThrow(ConfigurationError);
    expect(() => contextOf({ ...tenant, plan: 'unknown' }, plans)).toThrow(ConfigurationError);
  });
});
