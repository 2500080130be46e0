import { UnavailableError } from '../../errors/request.errors.js';
import { InMemoryTenantStore } from '../in-memory-tenant.store.js';
import { TenantService } from '../tenant.service.js';
import type { Tenant } from '../tenant.js';
import { TenantCache } from './tenant-cache.js';
import type { TenantCacheOptions } from './tenant-cache.options.js';

const nothing = (): undefined => undefined;
const logger = { log: nothing, warn: jest.fn(), error: nothing };
const away = (): Promise<never> => Promise.reject(new Error('connection refused'));
const hangs = (): Promise<never> => new Promise(nothing);

describe(`${TenantCache.name} while the store is away`, () => {
  let store: InMemoryTenantStore;
  let tenants: TenantService;
  let acme: Tenant;
  let byId: jest.SpyInstance<Promise<Tenant | undefined>, [string]>;

  beforeEach(async () => {
    jest.useFakeTimers();
    logger.warn.mockClear();
    store = new InMemoryTenantStore();
    tenants = new TenantService(store, logger);
    acme = await tenants.createTenant('Acme', {}, 'starter');
    byId = jest.spyOn(store, 'findById');
  });
  afterEach(() => jest.useRealTimers());

  const cacheWith = (options?: TenantCacheOptions): TenantCache => new TenantCache(store, options, logger);
  const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);
  const statusOf = async (cache: TenantCache): Promise<string | undefined> =>
    (await cache.find(acme))?.status;

  it('uses a copy up to maxStaleMs old, and refuses after that', async () => {
    const cache = cacheWith({ ttlMs: 1_000, maxStaleMs: 3_000 });
    await statusOf(cache);
    byId.mockImplementation(away);
    await pass(2_999);
    expect(await statusOf(cache)).toBe('active');
    expect(cache.stats()).toMatchObject({ misses: 2, stale: 1 });
    await pass(1);
    await expect(cache.find(acme)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      cause: new Error('connection refused'),
    });
  });

  it('lets nobody in of whom there is no copy', async () => {
    byId.mockImplementation(away);
    await expect(cacheWith().find(acme)).rejects.toThrow(UnavailableError);
  });

  it('counts a store that does not answer as away, and its late answer as none', async () => {
    const cache = cacheWith({ ttlMs: 1_000, maxStaleMs: 10_000 });
    await statusOf(cache);
    let answerLate: (tenant: Tenant) => void = nothing;
    byId.mockReturnValueOnce(new Promise((resolve) => (answerLate = resolve))).mockImplementation(hangs);
    await pass(1_000);
    const asked = statusOf(cache);
    await pass(5_000);
    expect(await asked).toBe('active');
    answerLate(acme);
    const again = cache.find(acme).catch((error: unknown) => error);
    await pass(5_000);
    expect(await again).toBeInstanceOf(UnavailableError);
  });

  it('takes a store that throws like one that rejects', async () => {
    byId.mockImplementation(() => {
      throw new Error('not connected');
    });
    await expect(cacheWith().find(acme)).rejects.toThrow(UnavailableError);
  });

  it('says so, once in a while', async () => {
    const cache = cacheWith();
    byId.mockImplementation(away);
    for (let at = 0; at < 3; at += 1) await cache.find(acme).catch(nothing);
    expect(logger.warn).toHaveBeenCalledTimes(1);
    expect(logger.warn).toHaveBeenCalledWith(expect.stringContaining('connection refused'));
    await pass(30_000);
    await cache.find(acme).catch(nothing);
    expect(logger.warn).toHaveBeenCalledTimes(2);
  });

  it('reads anew as soon as it is back', async () => {
    const cache = cacheWith();
    await statusOf(cache);
    await pass(5_000);
    byId.mockImplementationOnce(away);
    expect(await statusOf(cache)).toBe('active');
    await tenants.suspendTenant(acme.id, 'unpaid');
    expect(await statusOf(cache)).toBe('suspended');
  });
});
