import { runInScope, TenantScope, tryGetTenantContext } from '../../context/tenant-scope.js';
import { UnavailableError } from '../../errors/request.errors.js';
import { InMemoryTenantStore } from '../in-memory-tenant.store.js';
import { TenantService } from '../tenant.service.js';
import type { Tenant } from '../tenant.js';
import { TenantCache } from './tenant-cache.js';
import type { TenantCacheOptions } from './tenant-cache.options.js';

const nothing = (): undefined => undefined;
const logger = { log: nothing, warn: nothing, error: nothing };
const away = (): Promise<never> => Promise.reject(new Error('connection refused'));

/** An answer that comes when the test says so. */
function later<T>(): { readonly answer: Promise<T>; give: (value: T) => void } {
  let give: (value: T) => void = nothing;
  const answer = new Promise<T>((resolve) => (give = resolve));
  return { answer, give };
}

describe(TenantCache.name, () => {
  let store: InMemoryTenantStore;
  let tenants: TenantService;
  let acme: Tenant;
  let byId: jest.SpyInstance<Promise<Tenant | undefined>, [string]>;
  let bySlug: jest.SpyInstance<Promise<Tenant | undefined>, [string]>;

  beforeEach(async () => {
    jest.useFakeTimers();
    store = new InMemoryTenantStore();
    tenants = new TenantService(store, logger);
    acme = await tenants.createTenant('Acme', { tags: ['a'] }, 'starter');
    byId = jest.spyOn(store, 'findById');
    bySlug = jest.spyOn(store, 'findBySlug');
  });
  afterEach(() => jest.useRealTimers());

  const cacheWith = (options?: TenantCacheOptions): TenantCache => new TenantCache(store, options, logger);
  const reads = (): number => byId.mock.calls.length + bySlug.mock.calls.length;
  const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);
  const suspend = (): Promise<unknown> => tenants.suspendTenant(acme.id, 'unpaid');
  const statusOf = async (cache: TenantCache): Promise<string | undefined> =>
    (await cache.find(acme))?.status;

  describe('finding', () => {
    it('reads a tenant once, by id and by slug', async () => {
      const cache = cacheWith();
      expect(await cache.find({ slug: 'acme' })).toEqual(acme);
      expect(await cache.find({ id: acme.id })).toEqual(acme);
      expect(await cache.find({ slug: 'acme' })).toEqual(acme);
      expect(reads()).toBe(1);
      expect(cache.stats()).toEqual({ hits: 2, misses: 1, stale: 0, entries: 1 });
    });

    it('keeps nothing about what is unknown: a new tenant is there at once', async () => {
      const cache = cacheWith();
      expect(await cache.find({ slug: 'umbrella' })).toBeUndefined();
      const umbrella = await tenants.createTenant('Umbrella');
      expect(await cache.find({ slug: 'umbrella' })).toEqual(umbrella);
    });

    it('answers for a deleted tenant as for an unknown one, and forgets the copy of it', async () => {
      const cache = cacheWith();
      await cache.find(acme);
      await store.update(acme.id, { status: 'deleted' }, ['active']);
      await pass(5_000);
      expect(await cache.find({ slug: acme.slug })).toBeUndefined();
      expect(cache.stats().entries).toBe(0);
      byId.mockImplementation(away);
      await expect(cache.find({ id: acme.id })).rejects.toThrow(UnavailableError);
    });

    it('gives everybody a tenant that nobody can change', async () => {
      const cache = cacheWith();
      for (const tenant of [await cache.find(acme), await cache.find(acme)]) {
        expect(() => (tenant!.metadata.tags as string[]).push('b')).toThrow(TypeError);
        expect(() => tenant!.createdAt.setTime(0)).toThrow(TypeError);
        expect(() => Object.assign(tenant!, { status: 'active' })).toThrow(TypeError);
      }
      expect(await tenants.getTenant(acme.id)).toEqual(acme);
    });

    it('reads outside the scope of whoever happens to ask first', async () => {
      const seen: unknown[] = [];
      byId.mockImplementation(() => {
        seen.push(tryGetTenantContext());
        return Promise.resolve(acme);
      });
      const context = { tenantId: acme.id, tenantSlug: 'acme', plan: 'starter', limits: {}, features: {} };
      await runInScope(new TenantScope(undefined, context), async () => {
        await cacheWith().find({ id: acme.id });
        expect(tryGetTenantContext()?.tenantId).toBe(acme.id);
      });
      expect(seen).toEqual([undefined]);
    });
  });

  describe('the age of a copy', () => {
    it('is up to ttlMs', async () => {
      const cache = cacheWith({ ttlMs: 1_000 });
      await statusOf(cache);
      await suspend();
      await pass(999);
      expect(await statusOf(cache)).toBe('active');
      await pass(1);
      expect(await statusOf(cache)).toBe('suspended');
    });

    it('counts from when its reading began', async () => {
      const cache = cacheWith({ ttlMs: 1_000 });
      const slow = later<Tenant>();
      byId.mockReturnValueOnce(slow.answer);
      const asked = statusOf(cache);
      await pass(900);
      slow.give(acme);
      expect(await asked).toBe('active');
      await suspend();
      await pass(99);
      expect(await statusOf(cache)).toBe('active');
      await pass(1);
      expect(await statusOf(cache)).toBe('suspended');
    });

    it('does not grow young again with use', async () => {
      const cache = cacheWith({ ttlMs: 1_000 });
      await statusOf(cache);
      await suspend();
      for (let at = 0; at < 9; at += 1) {
        await pass(100);
        expect(await statusOf(cache)).toBe('active');
      }
      await pass(100);
      expect(await statusOf(cache)).toBe('suspended');
    });

    it('is that of the later of two readings, whichever ends first', async () => {
      const cache = cacheWith();
      const early = later<Tenant>();
      byId.mockReturnValueOnce(early.answer);
      const first = cache.find({ id: acme.id });
      await pass(10);
      await suspend();
      await cache.find({ slug: 'acme' });
      early.give(acme);
      await first;
      expect(await statusOf(cache)).toBe('suspended');
    });

    it('is nothing with ttlMs 0: each asks for itself, and there is nothing to fall back on', async () => {
      const cache = cacheWith({ ttlMs: 0 });
      await Promise.all([statusOf(cache), statusOf(cache)]);
      expect(reads()).toBe(2);
      expect(cache.stats()).toEqual({ hits: 0, misses: 2, stale: 0, entries: 0 });
      byId.mockImplementation(away);
      await expect(cache.find(acme)).rejects.toThrow(UnavailableError);
    });
  });

  describe('many who ask at once', () => {
    it('share one reading', async () => {
      const cache = cacheWith();
      const answers = await Promise.all(Array.from({ length: 100 }, () => statusOf(cache)));
      expect(new Set(answers)).toEqual(new Set(['active']));
      expect(reads()).toBe(1);
    });

    it('fail with it, and the next one tries anew', async () => {
      const cache = cacheWith();
      byId.mockImplementationOnce(away);
      const outcomes = await Promise.allSettled([cache.find(acme), cache.find(acme)]);
      expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      expect(reads()).toBe(1);
      expect(await statusOf(cache)).toBe('active');
    });
  });

  it('keeps maxTenants copies, of those asked for last', async () => {
    const cache = cacheWith({ maxTenants: 2 });
    const [b, c] = [await tenants.createTenant('B'), await tenants.createTenant('C')];
    for (const tenant of [acme, b, acme, c]) await cache.find(tenant);
    expect(cache.stats().entries).toBe(2);
    expect(reads()).toBe(3);
    await cache.find({ slug: 'acme' });
    expect(reads()).toBe(3);
    await cache.find({ slug: 'b' });
    expect(reads()).toBe(4);
  });

  describe('a tenant that was changed', () => {
    const hints: [string, (cache: TenantCache) => void][] = [
      ['drop', (cache) => cache.drop(acme.id)],
      ['clear', (cache) => cache.clear()],
    ];

    it.each(hints)('is read again (%s)', async (_, hint) => {
      const cache = cacheWith();
      await statusOf(cache);
      await suspend();
      hint(cache);
      expect(cache.stats().entries).toBe(0);
      expect(await statusOf(cache)).toBe('suspended');
      expect(await cache.find({ slug: 'acme' })).toMatchObject({ status: 'suspended' });
    });

    it('leaves the copies of others alone', async () => {
      const cache = cacheWith();
      const other = await tenants.createTenant('Other');
      await cache.find(other);
      cache.drop(acme.id);
      await cache.find(other);
      expect(cache.stats().hits).toBe(1);
    });

    describe.each(hints)('while it is being read (%s)', (_, hint) => {
      it.each(['id', 'slug'] as const)('by %s: what was read is neither answered nor kept', async (by) => {
        const cache = cacheWith();
        const slow = later<Tenant>();
        (by === 'id' ? byId : bySlug).mockReturnValueOnce(slow.answer);
        const reference = by === 'id' ? { id: acme.id } : { slug: acme.slug };
        const before = cache.find(reference);
        await suspend();
        hint(cache);
        const after = cache.find(reference);
        expect(await after).toMatchObject({ status: 'suspended' });
        slow.give(acme);
        expect(await before).toMatchObject({ status: 'suspended' });
        expect(await statusOf(cache)).toBe('suspended');
        expect(reads()).toBe(2);
      });
    });

    it('again and again is still answered, with what was read after the call, and not kept', async () => {
      const cache = cacheWith();
      byId.mockImplementation(() => {
        void Promise.resolve().then(() => cache.drop(acme.id));
        return pass(1).then(() => acme);
      });
      expect(await statusOf(cache)).toBe('active');
      expect(cache.stats().entries).toBe(0);
      expect(reads()).toBe(2);
    });

    it('is not used again when the store is away', async () => {
      const cache = cacheWith();
      await statusOf(cache);
      byId.mockImplementation(away);
      cache.drop(acme.id);
      await expect(cache.find(acme)).rejects.toThrow(UnavailableError);
    });

    it('in the middle of a reading that fails is not used again either', async () => {
      const cache = cacheWith();
      await statusOf(cache);
      await pass(5_000);
      byId.mockImplementation(() => {
        cache.drop(acme.id);
        return away();
      });
      await expect(cache.find(acme)).rejects.toThrow(UnavailableError);
    });
  });
});
