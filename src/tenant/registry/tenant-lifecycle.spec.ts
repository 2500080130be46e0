import { randomUUID } from 'node:crypto';
import { definePlans } from '../catalog/define-plans.js';
import { PlanDirectory } from '../catalog/plan-directory.js';
import { ConflictError, TenantNotFoundError, ValidationFailedError } from '../errors/request.errors.js';
import { TenantEvents, type TenantEvent } from '../events/tenant-events.js';
import { InMemoryTenantStore } from './in-memory-tenant.store.js';
import { TenantService } from './tenant.service.js';
import type { Tenant, TenantStatus } from './tenant.js';

const nothing = (): undefined => undefined;
const logger = { log: nothing, warn: nothing, error: nothing };

/** Commits when it is told to: what is told before that was told too early. */
class HeldStore extends InMemoryTenantStore {
  commit: () => void = nothing;
  #held: Promise<void> | undefined;

  hold(): void {
    this.#held = new Promise((resolve) => (this.commit = resolve));
  }

  override async insert(tenant: Tenant): Promise<Tenant> {
    await this.#held;
    return super.insert(tenant);
  }

  override async update(...given: Parameters<InMemoryTenantStore['update']>): Promise<Tenant | undefined> {
    await this.#held;
    return super.update(...given);
  }
}

describe('the life of a tenant', () => {
  let store: HeldStore;
  let tenants: TenantService;
  let told: TenantEvent[];

  beforeEach(() => {
    store = new HeldStore();
    const events = new TenantEvents(logger);
    tenants = new TenantService(store, logger, undefined, events);
    told = [];
    events.onAny((event) => told.push(event));
  });

  const created = async (status: TenantStatus = 'active'): Promise<Tenant> => {
    const { id } = await tenants.createTenant('Acme', {}, status === 'trial' ? 'free' : 'starter');
    if (status === 'suspended') await tenants.suspendTenant(id, 'unpaid');
    if (status === 'deleted') await tenants.deleteTenant(id, 'gone');
    told.length = 0;
    return (await store.findById(id))!;
  };
  const names = (): string[] => told.map(({ name }) => name);

  describe('deleteTenant', () => {
    it.each(['trial', 'active', 'suspended'] as const)('deletes a tenant that is %s', async (status) => {
      const { id } = await created(status);
      const deleted = await tenants.deleteTenant(id, 'contract ended');
      expect(deleted).toMatchObject({ id, status: 'deleted', statusReason: 'contract ended' });
      expect(Math.abs(Date.now() - deleted.deletedAt!.getTime())).toBeLessThan(5_000);
      expect(await store.findById(id)).toEqual(deleted);
    });

    it('leaves nothing to be found, and every change refused as for an unknown tenant', async () => {
      const { id, slug } = await created('deleted');
      const kept = await store.findById(id);
      expect(await tenants.findTenant({ id })).toBeUndefined();
      expect(await tenants.findTenant({ slug })).toBeUndefined();
      expect(await tenants.listTenants({ limit: 10 })).toEqual([]);
      for (const call of [
        () => tenants.getTenant(id),
        () => tenants.getTenantBySlug(slug),
        () => tenants.getTenantUsage(id),
        () => tenants.updateTenant(id, { name: 'x' }),
        () => tenants.updateTenant(id, {}),
        () => tenants.suspendTenant(id, 'x'),
        () => tenants.reactivateTenant(id),
        () => tenants.deleteTenant(id, 'again'),
        () => tenants.deleteTenant(randomUUID(), 'x'),
      ])
        await expect(call()).rejects.toThrow(TenantNotFoundError);
      expect(await store.findById(id)).toEqual(kept);
      expect(told).toEqual([]);
    });

    it('keeps the slug from everybody, however the name is written', async () => {
      await created('deleted');
      for (const name of ['Acme', 'ACME', 'Ａｃｍｅ'])
        await expect(tenants.createTenant(name)).rejects.toThrow(ConflictError);
      await expect(tenants.createTenant('Other', {}, 'free', { slug: 'ACME' })).rejects.toThrow(
        ConflictError,
      );
    });
  });

  it.each<[TenantStatus, string, (id: string) => Promise<Tenant>]>([
    ['suspended', 'suspended', (id) => tenants.suspendTenant(id, 'x')],
    ['active', 'active', (id) => tenants.reactivateTenant(id)],
    ['trial', 'trial', (id) => tenants.reactivateTenant(id)],
  ])('refuses a change from %s to %s, and names both', async (status, next, change) => {
    const { id } = await created(status);
    await expect(change(id)).rejects.toThrow(ConflictError);
    await expect(change(id)).rejects.toThrow(`The tenant is ${status}; it cannot become ${next}.`);
    expect(await tenants.getTenant(id)).toMatchObject({ status });
    expect(told).toEqual([]);
  });

  it('reactivates nobody who is not suspended, not even one whose trial a new price would end', async () => {
    const plan = { version: 1, limits: {}, features: [] };
    const priced = (priceCents: number): TenantService => {
      const catalog = definePlans({ limits: [], features: [], plans: { hobby: { ...plan, priceCents } } });
      return new TenantService(store, logger, new PlanDirectory(catalog));
    };
    const { id } = await priced(0).createTenant('Acme', {}, 'hobby');
    await expect(priced(900).reactivateTenant(id)).rejects.toThrow(ConflictError);
    expect(await store.findById(id)).toMatchObject({ status: 'trial' });
  });

  describe('at once', () => {
    const settled = async (...changes: Promise<Tenant>[]): Promise<PromiseSettledResult<Tenant>[]> => {
      store.commit();
      return Promise.allSettled(changes);
    };

    it('one of two suspensions wins, and is told', async () => {
      const { id } = await created();
      store.hold();
      const outcomes = await settled(tenants.suspendTenant(id, 'one'), tenants.suspendTenant(id, 'two'));
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
      expect(outcomes[1]).toMatchObject({ reason: { code: 'CONFLICT' } });
      expect(told).toMatchObject([{ name: 'tenant.suspended', reason: 'one' }]);
    });

    it.each<[string, (id: string) => Promise<Tenant>]>([
      ['a suspension', (id) => tenants.suspendTenant(id, 'late')],
      ['an update', (id) => tenants.updateTenant(id, { name: 'Late' })],
      ['another deletion', (id) => tenants.deleteTenant(id, 'late')],
    ])('a deletion wins over %s that comes after', async (_, late) => {
      const { id } = await created();
      store.hold();
      const outcomes = await settled(tenants.deleteTenant(id, 'first'), late(id));
      expect(outcomes).toMatchObject([{ status: 'fulfilled' }, { reason: { code: 'TENANT_NOT_FOUND' } }]);
      expect(await store.findById(id)).toMatchObject({ name: 'Acme', statusReason: 'first' });
      expect(names()).toEqual(['tenant.deleted']);
    });

    it('a plan bought while the tenant wakes up ends the trial', async () => {
      const { id } = await tenants.createTenant('Acme');
      await tenants.suspendTenant(id, 'unpaid');
      store.hold();
      const waking = tenants.reactivateTenant(id);
      await new Promise(setImmediate);
      await InMemoryTenantStore.prototype.update.call(store, id, { plan: 'starter' }, ['suspended']);
      store.commit();
      expect(await waking).toMatchObject({ plan: 'starter', status: 'active' });
    });
  });

  describe('is told', () => {
    it('as it is after each change', async () => {
      const { id } = await tenants.createTenant('Acme', {}, 'free');
      await tenants.updateTenant(id, { name: 'Acme Ltd', metadata: { a: 1 } });
      await tenants.updateTenant(id, { plan: 'starter', limits: { maxAgents: 5 } });
      await tenants.suspendTenant(id, 'unpaid');
      await tenants.reactivateTenant(id);
      await tenants.deleteTenant(id, 'contract ended');
      const of = (status: string, plan: string): object => ({
        status,
        plan,
        tenantId: id,
        tenantSlug: 'acme',
      });
      expect(told.map(({ at, ...event }) => ({ ...event, dated: at instanceof Date }))).toEqual(
        [
          { name: 'tenant.created', ...of('trial', 'free') },
          { name: 'tenant.updated', ...of('trial', 'free'), changed: ['name', 'metadata'] },
          { name: 'tenant.updated', ...of('active', 'starter'), changed: ['plan', 'limits', 'status'] },
          { name: 'tenant.suspended', ...of('suspended', 'starter'), reason: 'unpaid' },
          { name: 'tenant.reactivated', ...of('active', 'starter') },
          { name: 'tenant.deleted', ...of('deleted', 'starter'), reason: 'contract ended' },
        ].map((event) => ({ ...event, dated: true })),
      );
    });

    it.each<[string, (id: string) => Promise<unknown>]>([
      ['tenant.created', () => tenants.createTenant('Globex')],
      ['tenant.updated', (id) => tenants.updateTenant(id, { name: 'x' })],
      ['tenant.suspended', (id) => tenants.suspendTenant(id, 'x')],
      ['tenant.deleted', (id) => tenants.deleteTenant(id, 'x')],
    ])('only when %s is committed', async (name, change) => {
      const { id } = await created();
      store.hold();
      const changing = change(id);
      await new Promise(setImmediate);
      expect(told).toEqual([]);
      store.commit();
      await changing;
      expect(names()).toEqual([name]);
    });

    it('never of a change that was refused, nor of an update of nothing', async () => {
      const { id } = await created();
      for (const change of [
        () => tenants.createTenant('ACME'),
        () => tenants.createTenant('admin'),
        () => tenants.updateTenant(id, { plan: 'gold' }),
        () => tenants.updateTenant(id, { limits: { maxDogs: 1 } }),
        () => tenants.updateTenant(id, { metadata: { at: new Date() } }),
      ])
        await expect(change()).rejects.toThrow(/./);
      expect(await tenants.updateTenant(id, {})).toEqual(await tenants.getTenant(id));
      expect(told).toEqual([]);
    });

    it('to listeners who fail without harm to the change', async () => {
      const events = new TenantEvents(logger);
      events.on('tenant.created', () => {
        throw new Error('a listener');
      });
      const service = new TenantService(store, logger, undefined, events);
      await expect(service.createTenant('Acme')).resolves.toMatchObject({ slug: 'acme' });
    });
  });

  describe('begins', () => {
    it('with a slug of its own, for a name that makes none', async () => {
      await expect(tenants.createTenant('株式会社')).rejects.toThrow(/slug of its own in `slug`/);
      expect(await tenants.createTenant('株式会社', {}, 'free', { slug: 'Ｋabushiki' })).toMatchObject({
        name: '株式会社',
        slug: 'kabushiki',
      });
      await expect(tenants.createTenant('Acme', {}, 'free', { slug: 'www' })).rejects.toThrow(
        /slug: is reserved/,
      );
      await expect(tenants.createTenant('Acme', {}, 'free', { slug: '' })).rejects.toThrow(
        ValidationFailedError,
      );
    });

    it('with the metadata that was given a value, and nothing that is not JSON', async () => {
      const { metadata } = await tenants.createTenant('Acme', {
        a: 1,
        b: null,
        c: undefined,
        d: { e: null },
      });
      expect(metadata).toEqual({ a: 1, d: { e: null } });
      expect(Object.keys(metadata)).toEqual(['a', 'd']);
      await expect(tenants.createTenant('Globex', { at: new Date() })).rejects.toMatchObject({
        errors: [{ field: 'metadata' }],
      });
    });
  });
});
