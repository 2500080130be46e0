import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  CheckQuota,
  definePlans,
  PlanEntity,
  QuotaManager,
  runWithTenantContext,
  type Tenant,
  TenantEntity,
  TenantModule,
  TenantSchemaDataSource,
  TenantService,
  TypeOrmTenantStore,
} from '@parallax/tenant';

/** Of the plan whose limit is reached in this benchmark. */
export const SMALL_LIMIT = 1_000;
/** Of the plan whose limit is not. */
export const LARGE_LIMIT = 1_000_000_000;

const plan = (maxRuns: number) => ({ version: 1, priceCents: 0, limits: { maxRuns }, features: [] });
const plans = definePlans({
  limits: ['maxRuns'],
  kinds: { maxRuns: 'consumption' },
  features: [],
  plans: { small: plan(SMALL_LIMIT), large: plan(LARGE_LIMIT) },
});

@Injectable()
class Runner {
  @CheckQuota('maxRuns')
  async run(): Promise<void> {
    await Promise.resolve();
  }
}

@Module({})
class CountedModule {}

export interface CountedApp {
  readonly quotas: QuotaManager;
  /** @returns the id of a new tenant */
  addTenant(plan: 'small' | 'large'): Promise<string>;
  /** A method under `@CheckQuota`, called as the requests of this tenant call it: their tenant is known already. */
  checkedMethod(tenantId: string): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** The library as an application has it, with its control plane on a pool of this size. */
export async function startCountedApp(controlUrl: string, poolSize: number): Promise<CountedApp> {
  const controlPlane = await new TenantSchemaDataSource({
    type: 'postgres',
    url: controlUrl,
    poolSize,
    installExtensions: false,
    entities: [TenantEntity, PlanEntity],
  }).initialize();
  const store = new TypeOrmTenantStore(controlPlane);
  const app = await NestFactory.createApplicationContext(
    {
      module: CountedModule,
      imports: [TenantModule.forRoot({ store, controlPlane, plans })],
      providers: [Runner],
    },
    { logger: ['error'] },
  );
  const tenants = app.get(TenantService);
  const runner = app.get(Runner);
  let names = 0;
  return {
    quotas: app.get(QuotaManager),
    addTenant: async (name) => {
      const { id }: Tenant = await tenants.createTenant(`Tenant ${(names += 1)}`, {}, name);
      return id;
    },
    checkedMethod: async (tenantId) => {
      const inScope = await runWithTenantContext({ tenantId }, () => AsyncLocalStorage.snapshot());
      return () => inScope(() => runner.run());
    },
    close: async () => {
      await app.close();
      await controlPlane.destroy();
    },
  };
}
