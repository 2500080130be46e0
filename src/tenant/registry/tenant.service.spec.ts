import { randomUUID } from 'node:crypto';
import { definePlans } from '../catalog/define-plans.js';
import type { EntitlementOverrides } from '../catalog/entitlements.js';
import { PlanDirectory } from '../catalog/plan-directory.js';
import { ConflictError, TenantNotFoundError, ValidationFailedError } from '../errors/request.errors.js';
import { InMemoryTenantStore } from './in-memory-tenant.store.js';
import { TenantService } from './tenant.service.js';
import type { Tenant, TenantStatus } from './tenant.js';

const nothing = (): undefined => undefined;
const logger = { log: nothing, warn: nothing, error: nothing };

describe(TenantService.name, () => {
  let store: InMemoryTenantStore;
  let tenants: TenantService;

  beforeEach(() => {
    store = new InMemoryTenantStore();
    tenants = new TenantService(store, logger);
  });

  const created = async (status: TenantStatus, plan = 'starter'): Promise<Tenant> => {
    const { id } = await tenants.createTenant('Acme', {}, plan);
    return (await store.update(id, { status }, ['trial', 'active']))!;
  };

  describe('createTenant', () => {
    it('makes a slug of the name, and an id', async () => {
      const tenant = await tenants.createTenant(
        '  Café Müller ',
        { contactEmail: 'ops@cafe.test' },
        'starter',
      );
      expect(tenant).toMatchObject({
        id: expect.stringMatching(
          /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        ) as string,
        name: 'Café Müller',
        slug: 'cafe-muller',
        plan: 'starter',
        planVersion: 1,
        metadata: { contactEmail: 'ops@cafe.test' },
        limits: {},
        deletedAt: null,
      });
      expect(await tenants.getTenant(tenant.id)).toEqual(tenant);
      expect(await tenants.getTenantBySlug('cafe-muller')).toEqual(tenant);
    });

    it.each([
      ['free', 'trial'],
      ['starter', 'active'],
      ['enterprise', 'active'],
    ])('starts on the plan %s as %s', async (plan, status) => {
      expect(await tenants.createTenant('Acme', {}, plan)).toMatchObject({ plan, status });
    });

    it('starts on the plan free when none is named', async () => {
      expect(await tenants.createTenant('Acme')).toMatchObject({ plan: 'free', status: 'trial' });
    });

    it.each(['', '  ', '!!!', 'admin', 'x'.repeat(201), randomUUID()])(
      'refuses the name %j',
      async (name) => {
        await expect(tenants.createTenant(name)).rejects.toMatchObject({ errors: [{ field: 'name' }] });
        expect(await tenants.listTenants({ limit: 1 })).toEqual([]);
      },
    );

    it.each(['gold', 'constructor', '__proto__', 'toString', ''])('refuses the plan %j', async (plan) => {
      await expect(tenants.createTenant('Acme', {}, plan)).rejects.toMatchObject({
        errors: [{ field: 'plan' }],
      });
      await expect(tenants.createTenant('Acme', {}, 'free')).resolves.toBeDefined();
    });

    it('gives a name to one of 20 who want it at once, and the next name to anybody', async () => {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, () => tenants.createTenant('Acme')),
      );
      const lost = outcomes.filter((outcome) => outcome.status === 'rejected');
      expect(lost).toHaveLength(19);
      for (const { reason } of lost) expect(reason).toBeInstanceOf(ConflictError);
      await expect(tenants.createTenant('Acme 2')).resolves.toMatchObject({ slug: 'acme-2' });
    });

    it('never gives the slug of a deleted tenant again', async () => {
      await created('deleted');
      await expect(tenants.createTenant('ACME')).rejects.toThrow(ConflictError);
    });
  });

  describe('finding', () => {
    it('answers for a deleted tenant as for an unknown one', async () => {
      const { id, slug } = await created('deleted');
      for (const by of [{ id }, { slug }, { id: randomUUID() }, { slug: 'nobody' }])
        expect(await tenants.findTenant(by)).toBeUndefined();
      await expect(tenants.getTenant(id)).rejects.toThrow(TenantNotFoundError);
      await expect(tenants.getTenantBySlug(slug)).rejects.toThrow(TenantNotFoundError);
      await expect(tenants.getTenant(randomUUID())).rejects.toThrow(TenantNotFoundError);
    });

    it('finds a suspended tenant, so that it can be reactivated', async () => {
      const { id, slug } = await created('suspended');
      expect(await tenants.findTenant({ id })).toMatchObject({ slug, status: 'suspended' });
    });
  });

  describe('updateTenant', () => {
    it('changes the name and keeps the slug', async () => {
      const { id } = await created('active');
      expect(await tenants.updateTenant(id, { name: ' Umbrella ' })).toMatchObject({
        name: 'Umbrella',
        slug: 'acme',
      });
      await expect(tenants.updateTenant(id, { name: ' ' })).rejects.toThrow(ValidationFailedError);
      expect(await tenants.getTenant(id)).toMatchObject({ name: 'Umbrella' });
    });

    it('merges metadata and leaves it alone when none is given', async () => {
      const { id } = await tenants.createTenant('Acme', { a: 1, b: 2 });
      expect((await tenants.updateTenant(id, { metadata: { a: null, c: 3 } })).metadata).toEqual({
        b: 2,
        c: 3,
      });
      expect((await tenants.updateTenant(id, { name: 'Umbrella' })).metadata).toEqual({ b: 2, c: 3 });
    });

    it('moves to the version of a plan that is sold today', async () => {
      const plan = { priceCents: 0, limits: { maxAgents: 1 }, features: [] };
      const catalog = definePlans({
        limits: ['maxAgents'],
        features: [],
        plans: { old: { ...plan, version: 1 }, new: { ...plan, version: 7 } },
      });
      tenants = new TenantService(store, logger, new PlanDirectory(catalog));
      const { id } = await tenants.createTenant('Acme', {}, 'old');
      expect(await tenants.updateTenant(id, { plan: 'new' })).toMatchObject({ plan: 'new', planVersion: 7 });
      await expect(tenants.updateTenant(id, { plan: 'free' })).rejects.toThrow(/must be one of old, new/);
    });

    it('replaces overrides, and takes only limits and features there are', async () => {
      const { id } = await created('active');
      await tenants.updateTenant(id, { limits: { maxAgents: null, sso: true } });
      expect((await tenants.updateTenant(id, { limits: { maxExecutions: 0 } })).limits).toEqual({
        maxExecutions: 0,
      });
      const wrong: EntitlementOverrides[] = [
        { maxAgents: -1 },
        { maxAgents: 2.5 },
        { maxAgents: true },
        { sso: 1 },
        { maxDogs: 1 },
      ];
      for (const limits of wrong) {
        await expect(tenants.updateTenant(id, { limits })).rejects.toMatchObject({
          errors: [{ field: `limits.${Object.keys(limits)[0]}` }],
        });
      }
      expect((await tenants.getTenant(id)).limits).toEqual({ maxExecutions: 0 });
    });

    it('reaches a suspended tenant, and neither a deleted nor an unknown one', async () => {
      const { id } = await created('suspended');
      expect(await tenants.updateTenant(id, { name: 'Umbrella' })).toMatchObject({ status: 'suspended' });
      await store.update(id, { status: 'deleted' }, ['suspended']);
      await expect(tenants.updateTenant(id, { name: 'x' })).rejects.toThrow(TenantNotFoundError);
      await expect(tenants.updateTenant(randomUUID(), { name: 'x' })).rejects.toThrow(TenantNotFoundError);
    });

    it('ends a trial with a plan that has a price, and wakes nobody who is suspended', async () => {
      const { id } = await tenants.createTenant('Acme');
      expect(await tenants.updateTenant(id, { name: 'Acme Ltd' })).toMatchObject({ status: 'trial' });
      expect(await tenants.updateTenant(id, { plan: 'starter' })).toMatchObject({
        status: 'active',
        plan: 'starter',
      });
      await tenants.suspendTenant(id, 'unpaid');
      expect(await tenants.updateTenant(id, { plan: 'professional' })).toMatchObject({ status: 'suspended' });
    });
  });

  describe('suspendTenant and reactivateTenant', () => {
    it.each(['trial', 'active'] as const)('suspend a tenant that is %s, with the reason', async (status) => {
      const { id } = await created(status);
      expect(await tenants.suspendTenant(id, 'unpaid')).toMatchObject({
        status: 'suspended',
        statusReason: 'unpaid',
      });
    });

    it.each([
      ['free', 'trial'],
      ['starter', 'active'],
    ])('reactivate a tenant on the plan %s as %s, without the reason', async (plan, status) => {
      const { id } = await tenants.createTenant('Acme', {}, plan);
      await tenants.suspendTenant(id, 'unpaid');
      expect(await tenants.reactivateTenant(id)).toMatchObject({ status, statusReason: null });
    });

    it('refuse to do again what is done, and keep the first reason', async () => {
      const { id } = await created('active');
      await expect(tenants.reactivateTenant(id)).rejects.toThrow(ConflictError);
      await tenants.suspendTenant(id, 'first');
      await expect(tenants.suspendTenant(id, 'second')).rejects.toThrow(
        /is suspended; it cannot become suspended/,
      );
      expect(await tenants.getTenant(id)).toMatchObject({ statusReason: 'first' });
    });

    it('find no tenant that is deleted or unknown', async () => {
      const { id } = await created('deleted');
      for (const nobody of [id, randomUUID()]) {
        await expect(tenants.suspendTenant(nobody, 'x')).rejects.toThrow(TenantNotFoundError);
        await expect(tenants.reactivateTenant(nobody)).rejects.toThrow(TenantNotFoundError);
      }
      expect(await store.findById(id)).toMatchObject({ status: 'deleted' });
    });
  });
});
