import 'reflect-metadata';
import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  CurrentTenant,
  getTenantContext,
  InMemoryTenantStore,
  type Principal,
  type TenantContext,
  TenantModule,
  TenantService,
} from '@parallax/tenant';
import { createTestTenant } from '@parallax/tenant/testing';

const principals = new Map<string, Principal>();

@Controller()
class WhoAmIController {
  @Get('who-am-i')
  whoAmI(@CurrentTenant() tenant: TenantContext): { slug: string; plan: string } {
    assert.equal(getTenantContext().tenantId, tenant.tenantId);
    return { slug: tenant.tenantSlug, plan: tenant.plan };
  }
}

@Module({
  imports: [
    TenantModule.forRoot({
      store: new InMemoryTenantStore(),
      principal: (context) => principals.get(context.switchToHttp().getRequest().headers.authorization),
    }),
  ],
  controllers: [WhoAmIController],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error'] });
await app.listen(0, '127.0.0.1');
try {
  const { tenant } = await createTestTenant(app, { name: 'Acme', plan: 'starter' });
  const other = await app.get(TenantService).createTenant('Globex');
  principals.set('key', { id: 'u1', kind: 'user', roles: [], tenantIds: [tenant.id] });
  const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
  const get = async (headers: Record<string, string>): Promise<[number, unknown]> => {
    const response = await fetch(`http://127.0.0.1:${port}/who-am-i`, { headers });
    return [response.status, await response.json()];
  };
  assert.deepEqual(await get({ authorization: 'key' }), [200, { slug: tenant.slug, plan: 'starter' }]);
  assert.equal((await get({}))[0], 401);
  assert.equal((await get({ authorization: 'key', 'x-tenant-id': other.id }))[0], 404);
  process.stdout.write('The packed library answers its tenant and refuses everyone else.\n');
} finally {
  await app.close();
}
