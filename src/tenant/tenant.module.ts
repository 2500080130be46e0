import {
  type DynamicModule,
  Logger,
  type MiddlewareConsumer,
  Module,
  type NestModule,
  type Provider,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { alertProviders } from './alerts.providers.js';
import { SuspiciousActivity } from './alerts/activity/suspicious-activity.js';
import { AlertService } from './alerts/alert.service.js';
import { PLAN_CATALOG } from './catalog/plan-catalog.js';
import { PlanDirectory } from './catalog/plan-directory.js';
import { TenantContextInterceptor } from './context/tenant-context.interceptor.js';
import { TenantContextMiddleware } from './context/tenant-context.middleware.js';
import { TENANT_RUNTIME } from './context/tenant-runtime.js';
import { DataSourceCheck } from './data-source-check.js';
import { TenantEvents } from './events/tenant-events.js';
import { type EntityClass, TenantFeatureModule } from './tenant-feature.module.js';
import { ModuleRuntime } from './module-runtime.js';
import { EntitlementService } from './plans/entitlement.service.js';
import { RequirementCheck } from './plans/requirement-check.js';
import { synchronizePlans } from './plans/synchronize-plans.js';
import { QuotaManager } from './quotas/quota.manager.js';
import { QuotaUsageSource } from './quotas/quota-usage.source.js';
import type { QuotaStore } from './quotas/quota.store.js';
import { QUOTA_STORE, quotaProviders } from './quota.providers.js';
import { rateLimitProviders } from './rate-limit.providers.js';
import { AddressLimitMiddleware } from './rate-limit/address-limit.middleware.js';
import { RateLimitInterceptor } from './rate-limit/rate-limit.interceptor.js';
import { RATE_LIMIT_SETTINGS } from './rate-limit/rate-limit.settings.js';
import { RateLimiter } from './rate-limit/rate-limiter.js';
import { TenantConcurrency } from './rate-limit/tenant-concurrency.js';
import { AllocationUsageSource } from './registry/allocation-usage.source.js';
import { TenantCache } from './registry/cache/tenant-cache.js';
import { TenantService } from './registry/tenant.service.js';
import { NOTHING_COUNTED } from './registry/tenant-usage.js';
import { ResolutionChain } from './resolution/resolution-chain.js';
import { completeResolutionOptions, RESOLUTION_OPTIONS } from './resolution/resolution.options.js';
import { TenantConnections } from './resolution/tenant-connections.js';
import { TenantGuard } from './resolution/tenant.guard.js';
import { tenantCacheProviders } from './tenant-cache.providers.js';
import { ConfigurableModuleClass, TENANT_MODULE_OPTIONS } from './tenant.module-definition.js';
import type { TenantModuleOptions } from './tenant.options.js';

const context: Provider[] = [
  ModuleRuntime,
  { provide: TENANT_RUNTIME, useExisting: ModuleRuntime },
  TenantContextMiddleware,
  { provide: APP_INTERCEPTOR, useClass: TenantContextInterceptor },
];

const registry: Provider[] = [
  { provide: TenantEvents, useFactory: () => new TenantEvents() },
  {
    provide: PlanDirectory,
    inject: [TENANT_MODULE_OPTIONS],
    useFactory: async ({ plans = PLAN_CATALOG, controlPlane }: TenantModuleOptions) =>
      new PlanDirectory(plans, controlPlane && (await synchronizePlans(controlPlane, plans))),
  },
  {
    provide: TenantService,
    inject: [TENANT_MODULE_OPTIONS, PlanDirectory, TenantEvents, QUOTA_STORE],
    useFactory: (
      { store, controlPlane }: TenantModuleOptions,
      plans: PlanDirectory,
      events: TenantEvents,
      quotas: QuotaStore,
    ) => {
      const allocations = controlPlane ? new AllocationUsageSource(controlPlane) : NOTHING_COUNTED;
      const usage = new QuotaUsageSource(quotas, plans, allocations);
      return new TenantService(store, new Logger(TenantService.name), plans, events, usage);
    },
  },
  ...tenantCacheProviders,
];

const resolution: Provider[] = [
  { provide: RESOLUTION_OPTIONS, inject: [TENANT_MODULE_OPTIONS], useFactory: completeResolutionOptions },
  ResolutionChain,
  TenantGuard,
  TenantConnections,
];

const plans: Provider[] = [EntitlementService, RequirementCheck];

const isolation: Provider[] = [DataSourceCheck];

/**
 * Makes an application multi-tenant. Import it once, at the root.
 *
 * @throws ConfigurationError when the application starts: for options that cannot be or would have no effect, a
 *   recorded version of a plan that was edited, a route that asks for a limit or feature the catalogue does not have,
 *   and a tenant's entity that a plain DataSource would read unfiltered.
 * @example
 * TenantModule.forRootAsync({
 *   inject: [getDataSourceToken('control')],
 *   useFactory: (control: DataSource) => ({ store: new TypeOrmTenantStore(control), controlPlane: control }),
 * })
 */
@Module({
  providers: [
    ...context,
    ...registry,
    ...resolution,
    ...plans,
    ...quotaProviders,
    ...rateLimitProviders,
    ...isolation,
    ...alertProviders,
  ],
  exports: [
    PlanDirectory,
    TenantEvents,
    TenantService,
    TenantGuard,
    TenantConnections,
    TenantCache,
    EntitlementService,
    QuotaManager,
    RateLimiter,
    RateLimitInterceptor,
    TenantConcurrency,
    RATE_LIMIT_SETTINGS,
    SuspiciousActivity,
    AlertService,
    ResolutionChain,
    RESOLUTION_OPTIONS,
    TENANT_RUNTIME,
  ],
})
export class TenantModule extends ConfigurableModuleClass implements NestModule {
  /** Repositories of tenant entities, for the ordinary `@InjectRepository`. */
  static forFeature(entities: readonly EntityClass[], dataSource?: string): DynamicModule {
    return TenantFeatureModule.of(TypeOrmModule.forFeature([...entities], dataSource), entities);
  }

  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(TenantContextMiddleware, AddressLimitMiddleware).forRoutes('{*path}');
  }
}
