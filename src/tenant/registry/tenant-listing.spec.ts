import { randomUUID } from 'node:crypto';
import { TenantNotFoundError } from '../errors/request.errors.js';
import { InMemoryTenantStore } from './in-memory-tenant.store.js';
import { TenantService } from './tenant.service.js';
import type { LiveTenantStatus, Tenant } from './tenant.js';

const nothing = (): undefined => undefined;
const logger = { log: nothing, warn: nothing, error: nothing };

describe('the tenants there are', () => {
  let tenants: TenantService;
  let store: InMemoryTenantStore;

  beforeEach(() => {
    store = new InMemoryTenantStore();
    tenants = new TenantService(store, logger);
  });

  const many = async (count: number): Promise<string[]> => {
    const ids: string[] = [];
    for (let at = 0; at < count; at += 1) ids.push((await tenants.createTenant(`Tenant ${at}`)).id);
    return ids;
  };
  const collect = async (walk: AsyncIterable<Tenant>): Promise<string[]> => {
    const ids: string[] = [];
    for await (const { id } of walk) ids.push(id);
    return ids;
  };

  it.each([0, 1, 99, 100, 101, 250])('are %d, and each is visited once', async (count) => {
    const ids = await many(count);
    expect((await collect(tenants.eachTenant())).sort()).toEqual([...ids].sort());
  });

  it('do not include deleted ones, and can be those of one status', async () => {
    const [deleted, suspended, ...others] = (await many(5)) as [string, string, ...string[]];
    await tenants.deleteTenant(deleted, 'x');
    await tenants.suspendTenant(suspended, 'x');
    const visited = async (status?: LiveTenantStatus): Promise<string[]> => {
      const walked = await collect(tenants.eachTenant({ status }));
      expect((await tenants.listTenants({ limit: 10, status })).map(({ id }) => id)).toEqual(walked);
      return walked.sort();
    };
    expect(await visited()).toEqual([suspended, ...others].sort());
    expect(await visited('trial')).toEqual([...others].sort());
    expect(await visited('suspended')).toEqual([suspended]);
    expect(await visited('active')).toEqual([]);
    expect(await visited('deleted' as LiveTenantStatus)).toEqual([]);
  });

  it('are read page by page, and no further than asked', async () => {
    await many(150);
    const list = jest.spyOn(store, 'list');
    for await (const { slug } of tenants.eachTenant()) if (slug !== '') break;
    expect(list).toHaveBeenCalledTimes(1);
    expect(list.mock.calls[0]![0].limit).toBe(100);
  });

  describe('and what they use', () => {
    it('is counted by the source, and measured by the effective limits', async () => {
      const usageOf = jest.fn(() => Promise.resolve({ maxAgents: 5, maxStorageBytes: 0, dogs: 3 }));
      tenants = new TenantService(store, logger, undefined, undefined, { usageOf });
      const { id } = await tenants.createTenant('Acme', {}, 'starter');
      expect(await tenants.getTenantUsage(id)).toMatchObject({
        maxAgents: { used: 5, limit: 10, utilization: 0.5 },
        maxStorageBytes: { used: 0, limit: 10_000_000_000, utilization: 0 },
      });
      await tenants.updateTenant(id, { limits: { maxAgents: null, maxStorageBytes: 0 } });
      expect(await tenants.getTenantUsage(id)).toMatchObject({
        maxAgents: { used: 5, limit: null, utilization: null },
        maxStorageBytes: { used: 0, limit: 0, utilization: null },
      });
      expect(usageOf).toHaveBeenCalledWith(id);
    });

    it('is not made up where nobody counts, nor asked for an unknown tenant', async () => {
      const { id } = await tenants.createTenant('Acme');
      expect(await tenants.getTenantUsage(id)).toEqual({});
      await expect(tenants.getTenantUsage(randomUUID())).rejects.toThrow(TenantNotFoundError);
    });
  });
});
