import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  getTenantContext,
  InMemoryTenantStore,
  runWithTenantContext,
  type Tenant,
  TenantModule,
  tryGetTenantContext,
} from '@parallax/tenant';
import { createTestTenant } from '@parallax/tenant/testing';
import { FixtureApp, memberOf } from '../../support/fixture-app.js';

const UNKNOWN = 'ffffffff-0000-4000-8000-000000000000';

@Controller()
class SlugController {
  /** Loads the tenant anew, from whichever application's registry this comes out at. */
  @Get('reloaded')
  async reloaded(): Promise<object> {
    const { tenantId } = getTenantContext();
    await sleep(1);
    return await runWithTenantContext({ tenantId }, () => ({ slug: getTenantContext().tenantSlug }));
  }
}

describe(runWithTenantContext.name, () => {
  describe('beside one application', () => {
    let app: FixtureApp;
    let acme: Tenant;
    let other: Tenant;

    beforeAll(async () => {
      app = await FixtureApp.start();
      acme = await app.tenants.createTenant('Acme', {}, 'starter');
      other = await app.createTenant('Other');
    });
    afterAll(() => app.close());

    it('loads the rest of the context from the registry', async () => {
      await app.tenants.updateTenant(acme.id, { limits: { maxAgents: 12 } });
      expect(await runWithTenantContext({ tenantId: acme.id }, getTenantContext)).toEqual({
        tenantId: acme.id,
        tenantSlug: 'acme',
        plan: 'starter',
        limits: expect.objectContaining({ maxAgents: 12, maxExecutions: 10_000 }),
        features: expect.objectContaining({ auditLogs: true, sso: false }),
      });
    });

    it('keeps who is acting, and takes the plan and what it grants from the registry alone', async () => {
      const given = {
        tenantId: acme.id,
        userId: 'ada',
        userRoles: ['admin'],
        tenantSlug: 'another',
        plan: 'enterprise',
        limits: { maxAgents: null },
        features: { sso: true },
      };
      expect(await runWithTenantContext(given, getTenantContext)).toMatchObject({
        tenantSlug: 'acme',
        plan: 'starter',
        features: { sso: false },
        userId: 'ada',
        userRoles: ['admin'],
      });
    });

    it('gives a context nobody can change', async () => {
      await runWithTenantContext({ tenantId: acme.id }, () => {
        expect(Object.isFrozen(getTenantContext())).toBe(true);
      });
    });

    it('gives back what the work gives back, value or promise, and passes on what it throws', async () => {
      const as = { tenantId: acme.id };
      expect(await runWithTenantContext(as, () => 7)).toBe(7);
      expect(await runWithTenantContext(as, () => sleep(1, 'later'))).toBe('later');
      await expect(runWithTenantContext(as, () => Promise.reject(new Error('of the work')))).rejects.toThrow(
        'of the work',
      );
      expect(tryGetTenantContext()).toBeUndefined();
    });

    it.each(['suspended', 'unknown', 'deleted'] as const)(
      'does not run for a tenant that is %s',
      async (which) => {
        const tenant = await app.createTenant(`To be ${which}`);
        if (which === 'suspended') await app.tenants.suspendTenant(tenant.id, 'unpaid');
        if (which === 'deleted') await app.deleteTenant(tenant);
        const work = jest.fn();
        const run = runWithTenantContext({ tenantId: which === 'unknown' ? UNKNOWN : tenant.id }, work);
        await expect(run).rejects.toMatchObject({
          code: which === 'suspended' ? 'TENANT_SUSPENDED' : 'TENANT_NOT_FOUND',
        });
        expect(work).not.toHaveBeenCalled();
      },
    );

    it('may be nested: the outer tenant is back afterwards, also after a refusal', async () => {
      const slugs = await runWithTenantContext({ tenantId: acme.id }, async () => {
        const slug = (): string => getTenantContext().tenantSlug;
        const inner = await runWithTenantContext({ tenantId: other.id }, async () => {
          await sleep(1);
          return slug();
        });
        const between = slug();
        await expect(runWithTenantContext({ tenantId: UNKNOWN }, slug)).rejects.toMatchObject({
          code: 'TENANT_NOT_FOUND',
        });
        return [inner, between, slug()];
      });
      expect(slugs).toEqual(['other', 'acme', 'acme']);
    });

    it('keeps tenants apart that run at the same time', async () => {
      const seen = await Promise.all(
        Array.from({ length: 100 }, (_, at) => {
          const { id } = at % 2 === 0 ? acme : other;
          return runWithTenantContext({ tenantId: id }, async () => {
            await sleep(Math.random() * 10);
            return getTenantContext().tenantId === id;
          });
        }),
      );
      expect(new Set(seen)).toEqual(new Set([true]));
    });
  });

  describe('beside none', () => {
    const refusal = {
      code: 'CONFIGURATION_INVALID',
      message: 'No TenantModule is running. Import TenantModule.forRoot(…) and call app.init().',
    };

    it('says what is missing', async () => {
      await expect(runWithTenantContext({ tenantId: UNKNOWN }, jest.fn())).rejects.toMatchObject(refusal);
    });

    it('does not work through an application that has stopped', async () => {
      const app = await FixtureApp.start();
      const { id } = await app.createTenant('Acme');
      await app.close();
      await expect(runWithTenantContext({ tenantId: id }, jest.fn())).rejects.toMatchObject(refusal);
    });

    it('works in a context without a server, as of a script', async () => {
      const module = await Test.createTestingModule({
        imports: [TenantModule.forRoot({ store: new InMemoryTenantStore() })],
      }).compile();
      const app = await module.init();
      const { tenant } = await createTestTenant(app);
      expect(await runWithTenantContext({ tenantId: tenant.id }, getTenantContext)).toMatchObject({
        tenantId: tenant.id,
      });
      await app.close();
    });
  });

  describe('beside two applications', () => {
    let first: FixtureApp;
    let second: FixtureApp;

    beforeAll(async () => {
      first = await FixtureApp.start({ controllers: [SlugController] });
      second = await FixtureApp.start({ controllers: [SlugController], adapter: 'express' });
    });
    afterAll(() => Promise.all([first.close(), second.close()]));

    it('finds inside a request the application that serves it', async () => {
      for (const app of [first, second]) {
        const tenant = await app.createTenant('Of this application alone');
        expect((await app.get('/reloaded', memberOf(tenant))).json()).toEqual({ slug: tenant.slug });
      }
    });

    it('refuses outside of requests, because either might be meant', async () => {
      const { id } = await first.createTenant('Of the first');
      await expect(runWithTenantContext({ tenantId: id }, jest.fn())).rejects.toMatchObject({
        code: 'CONFIGURATION_INVALID',
        message: expect.stringContaining('Call this inside a request or inside runWithTenantContext'),
      });
    });

    it('leaves createTestTenant() no doubt: it goes by the application it is given', async () => {
      const a = await createTestTenant(first.app, {
        name: 'Acme',
        plan: 'starter',
        metadata: { from: 'a test' },
      });
      const b = await createTestTenant(second.app, { name: 'Acme' });
      expect(a.tenant).toMatchObject({ plan: 'starter', metadata: { from: 'a test' } });
      expect(a.tenant.slug).not.toBe(b.tenant.slug);
      expect(await a.run(getTenantContext)).toMatchObject({ tenantId: a.tenant.id });
      expect(await b.run(() => a.run(() => getTenantContext().tenantId))).toBe(a.tenant.id);
      expect(await first.tenants.findTenant({ id: b.tenant.id })).toBeUndefined();
    });
  });
});
