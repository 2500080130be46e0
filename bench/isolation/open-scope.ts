import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { InMemoryTenantStore, type Tenant, TenantModule, TenantService } from '@parallax/tenant';

@Module({})
class ScopeModule {}

/**
 * Lets `runWithTenantContext` find these tenants in memory, as a request does in the tenant cache.
 *
 * @returns the way back
 */
export async function openScope(tenantIds: readonly string[]): Promise<() => Promise<void>> {
  const tenants = new Map<string, Tenant>();
  const findById = (id: string): Promise<Tenant | undefined> => Promise.resolve(tenants.get(id));
  const store = Object.assign(new InMemoryTenantStore(), { findById });
  const imports = [TenantModule.forRoot({ store })];
  const app = await NestFactory.createApplicationContext(
    { module: ScopeModule, imports },
    { logger: ['error'] },
  );
  const template = await new TenantService(new InMemoryTenantStore()).createTenant('Any', {}, 'enterprise');
  for (const id of tenantIds) tenants.set(id, { ...template, id });
  return () => app.close();
}
