import { Controller, Get } from '@nestjs/common';
import {
  ConfigurationError,
  getTenantContext,
  type Tenant,
  TenantCache,
  type TenantContext,
} from '@parallax/tenant';
import { FixtureApp, memberOf } from '../../support/fixture-app.js';

@Controller()
class ContextController {
  @Get('context')
  context(): TenantContext {
    return getTenantContext();
  }
}

describe('A tenant changed by this process', () => {
  let fixture: FixtureApp;
  let acme: Tenant;

  beforeAll(async () => {
    // So long that whatever is seen sooner was told. There is no database that could tell it.
    const cache = { ttlMs: 600_000, maxStaleMs: 600_000 };
    fixture = await FixtureApp.start({ controllers: [ContextController], tenant: { cache } });
  });
  afterAll(() => fixture.close());
  beforeEach(async () => {
    acme = await fixture.createTenant(`Acme ${Math.random()}`);
    expect(await statusOf({ 'x-tenant-id': acme.id })).toBe(200);
    expect(await statusOf({ 'x-tenant-id': acme.slug })).toBe(200);
  });

  const ask = (headers: Record<string, string>) => fixture.get('/context', memberOf(acme), headers);
  const statusOf = async (headers: Record<string, string>): Promise<number> => (await ask(headers)).status;
  const statuses = async (): Promise<number[]> => [
    await statusOf({ 'x-tenant-id': acme.id }),
    await statusOf({ 'x-tenant-id': acme.slug }),
  ];

  it('and by nobody is read once, however many requests there are', async () => {
    const { misses, hits } = fixture.app.get(TenantCache).stats();
    for (let at = 0; at < 5; at += 1) expect(await statuses()).toEqual([200, 200]);
    expect(fixture.app.get(TenantCache).stats()).toMatchObject({ misses, hits: hits + 10 });
  });

  it('is refused at once when suspended, and let in at once when reactivated', async () => {
    await fixture.tenants.suspendTenant(acme.id, 'unpaid');
    expect(await statuses()).toEqual([403, 403]);
    await fixture.tenants.reactivateTenant(acme.id);
    expect(await statuses()).toEqual([200, 200]);
  });

  it('has its new plan and limits at once', async () => {
    await fixture.tenants.updateTenant(acme.id, { plan: 'starter', limits: { maxAgents: 4 } });
    const answer = await ask({ 'x-tenant-id': acme.id });
    expect(answer.json()).toMatchObject({ plan: 'starter', limits: { maxAgents: 4 } });
  });
});

describe('An option of the cache that cannot be', () => {
  it('stops the start, by its name', async () => {
    const start = FixtureApp.start({ tenant: { cache: { ttlMs: 60_000 } } });
    await expect(start).rejects.toThrow(ConfigurationError);
    await expect(start).rejects.toThrow(/cache\.maxStaleMs/);
  });
});
