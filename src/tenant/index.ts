export { TenantModule } from './tenant.module.js';
export type {
  TenantModuleCacheOptions,
  TenantModuleExtras,
  TenantModuleOptions,
  TenantModuleRateLimiterOptions,
} from './tenant.options.js';

// context
export { bindTenantScope } from './context/bind-tenant-scope.operator.js';
export { CurrentTenant } from './context/current-tenant.decorator.js';
export type { PlatformWork } from './context/platform-work.js';
export type { Principal } from './context/principal.js';
export { runAsPlatform } from './context/run-as-platform.js';
export { runWithTenantContext } from './context/run-with-tenant-context.js';
export type { TenantContext, TenantResolution } from './context/tenant-context.js';
export { TenantContextInterceptor } from './context/tenant-context.interceptor.js';
export { TenantContextMiddleware } from './context/tenant-context.middleware.js';
export { getTenantContext, tryGetTenantContext } from './context/tenant-scope.js';
export { rawRequestOf } from './context/transport-request.js';

// jobs
export type { PayloadOptions } from './jobs/hmac-payload-signer.js';
export { runTenantJob } from './jobs/run-tenant-job.js';
export { serializeTenantContext } from './jobs/serialize-tenant-context.js';
export type { PayloadTenant, TenantPayload } from './jobs/tenant-payload.js';

// resolution
export { ClaimTenantResolver, type ClaimTenantResolverOptions } from './resolution/claim-tenant.resolver.js';
export { DefaultTenantResolver } from './resolution/default-tenant.resolver.js';
export { HeaderTenantResolver } from './resolution/header-tenant.resolver.js';
export { PathTenantResolver } from './resolution/path-tenant.resolver.js';
export { PrincipalTenantResolver } from './resolution/principal-tenant.resolver.js';
export { QueryTenantResolver } from './resolution/query-tenant.resolver.js';
export type { ResolutionOptions } from './resolution/resolution.options.js';
export { PlatformOnly, TenantOptional } from './resolution/route-access.js';
export type { SocketClient } from './resolution/socket-client.js';
export { standardResolvers, type StandardResolverOptions } from './resolution/standard-resolvers.js';
export { SubdomainTenantResolver } from './resolution/subdomain-tenant.resolver.js';
export { type ConnectionOptions, TenantConnections } from './resolution/tenant-connections.js';
export { TenantResolvers, type TenantResolverReference } from './resolution/tenant-resolvers.decorator.js';
export { MembershipAccessPolicy, type TenantAccessPolicy } from './resolution/tenant-access.policy.js';
export { TenantGuard } from './resolution/tenant.guard.js';
export {
  parseTenantReference,
  type TenantReference,
  type TenantReferenceParser,
} from './resolution/tenant-reference.js';
export type { TenantResolver } from './resolution/tenant.resolver.js';

// events
export {
  TenantEvents,
  type ResolutionConflictEvent,
  type TenantEvent,
  type TenantEventMap,
  type TenantEventName,
  type TenantLifecycleEvent,
} from './events/tenant-events.js';
export type {
  RateLimitExceededEvent,
  RateLimitStoreLostEvent,
  RateLimitStoreRestoredEvent,
} from './events/rate-limit.events.js';
export type { AccessRefusedEvent, SuspiciousActivityEvent } from './events/security.events.js';
export type { TenantAlertEvent } from './events/tenant-alert.event.js';

// registry
export { AllocationUsageSource } from './registry/allocation-usage.source.js';
export { TenantCache, type TenantCacheStats } from './registry/cache/tenant-cache.js';
export type { TenantCacheOptions } from './registry/cache/tenant-cache.options.js';
export { InMemoryTenantStore } from './registry/in-memory-tenant.store.js';
export type {
  LiveTenantStatus,
  ScheduledPlan,
  Tenant,
  TenantMetadata,
  TenantStatus,
} from './registry/tenant.js';
export { TenantEntity } from './registry/tenant.entity.js';
export type { LimitChange, OverLimit, PlanChangePreview, PlanChangeTime } from './registry/plan-changes.js';
export { planInEffect, type TenantPlanState } from './registry/plan-in-effect.js';
export { TenantService } from './registry/tenant.service.js';
export type { NewTenantOptions, TenantFilter, TenantUpdate } from './registry/tenant-update.js';
export type { TenantChanges, TenantPage, TenantStore } from './registry/tenant.store.js';
export type { CountedUsage, ResourceUsage, TenantUsage, UsageSource } from './registry/tenant-usage.js';
export { TypeOrmTenantStore } from './registry/typeorm-tenant.store.js';

// plans
export { CheckLimit } from './plans/check-limit.decorator.js';
export type { LimitCounter, UsageCounter } from './plans/checked-limit.js';
export {
  EntitlementService,
  type EntitlementExplanation,
  type LimitEntitlement,
  type TenantEntitlements,
  type TenantOverrides,
} from './plans/entitlement.service.js';
export type { UsageExplanation } from './plans/explain-usage.js';
export { FeatureGuard } from './plans/feature.guard.js';
export { LimitGuard } from './plans/limit.guard.js';
export { RequireFeature } from './plans/require-feature.decorator.js';
export { definePlans } from './catalog/define-plans.js';
export type {
  Entitlement,
  EntitlementOverrides,
  Entitlements,
  EntitlementSource,
  SourcedEntitlements,
} from './catalog/entitlements.js';
export type { PlanDirection } from './catalog/compare-plans.js';
export { PLAN_CATALOG, type TenantPlan } from './catalog/plan-catalog.js';
export type { LimitValue, PlanCatalog, PlanDefinition } from './catalog/plan-definition.js';
export { PlanDirectory } from './catalog/plan-directory.js';
export type { EffectiveQuotaTerms, Enforcement, QuotaKind, QuotaTerms } from './catalog/quota-terms.js';
export { PlanEntity } from './plans/plan.entity.js';

// alerts
export { ActivityAlerts } from './alerts/activity/activity-alerts.js';
export { type ActivitySubject, SuspiciousActivity } from './alerts/activity/suspicious-activity.js';
export type {
  ActivityThreshold,
  SuspiciousActivityOptions,
  SuspiciousActivityRule,
  UnusualUsage,
} from './alerts/activity/suspicious-activity.options.js';
export { type Violation, ViolationRecorder } from './alerts/activity/violation-recorder.js';
export type { Alert, AlertRule } from './alerts/alert.js';
export type { AlertChannel } from './alerts/alert.channel.js';
export type { AlertDispatcherOptions } from './alerts/alert-dispatcher.options.js';
export { AlertDispatcher } from './alerts/alert.dispatcher.js';
export type { AlertOptions } from './alerts/alert.options.js';
export {
  AlertService,
  type AlertDelivery,
  type AlertFilter,
  type DeliveredAlert,
} from './alerts/alert.service.js';
export { LogAlertChannel } from './alerts/log-alert.channel.js';
export { alertNotification, type AlertNotification } from './alerts/webhook/alert-notification.js';
export { verifyWebhook, type WebhookHeaders } from './alerts/webhook/verify-webhook.js';
export {
  WebhookAlertChannel,
  type WebhookAlertChannelOptions,
} from './alerts/webhook/webhook-alert.channel.js';

// quotas
export { type AllocationCounters, PostgresAllocations } from './quotas/allocation-counters.js';
export {
  CheckQuota,
  type CheckQuotaDecorator,
  type CheckQuotaOptions,
} from './quotas/check-quota.decorator.js';
export { InMemoryQuotaStore } from './quotas/in-memory-quota.store.js';
export { PostgresQuotaStore } from './quotas/postgres-quota.store.js';
export type { QuotaDecision, QuotaStatus } from './quotas/quota-decision.js';
export {
  QuotaManager,
  type ConsumeQuotaOptions,
  type QuotaManagerOptions,
  type QuotaOfTenant,
  type ReconcileOptions,
  type ReserveQuotaOptions,
} from './quotas/quota.manager.js';
export { QuotaReservation, QuotaReservationHandle } from './quotas/quota-reservation.js';
export { QuotaSweeper } from './quotas/quota-sweeper.js';
export type { QuotaTermsSource, TermsInEffect } from './quotas/quota-terms.source.js';
export { QuotaUsageSource } from './quotas/quota-usage.source.js';
export type {
  ConsumeCall,
  QuotaAnswer,
  QuotaCall,
  QuotaCounter,
  QuotaDrift,
  QuotaItem,
  QuotaOutcome,
  QuotaState,
  QuotaStore,
  QuotaTogetherAnswer,
  ReservationState,
  ReserveCall,
  ResolveCall,
  StoredQuotaKind,
  StoredReservation,
} from './quotas/quota.store.js';
export type { RateQuotas } from './quotas/rate-quotas.js';
export { RegistryQuotaTerms } from './quotas/registry-quota-terms.js';

// rate limits
export { RateLimitConfigs } from './rate-limit/rate-limit-configs.js';
export type { RateLimitDecision, RateLimitStatus } from './rate-limit/rate-limit-decision.js';
export { RateLimit } from './rate-limit/rate-limit.decorator.js';
export { RateLimitInterceptor } from './rate-limit/rate-limit.interceptor.js';
export { RateLimiter, type RateLimitCall, type RateLimiterOptions } from './rate-limit/rate-limiter.js';
export type {
  CountedPolicy,
  PolicyState,
  RateLimitAlgorithm,
  RateLimitAnswer,
  RateLimitRequest,
  RateLimitStore,
} from './rate-limit/rate-limit.store.js';
export {
  InMemoryRateLimitStore,
  type InMemoryRateLimitStoreOptions,
} from './rate-limit/in-memory-rate-limit.store.js';
export { RedisRateLimitStore, type RedisRateLimitStoreOptions } from './rate-limit/redis-rate-limit.store.js';
export { RATE_LIMIT_REDIS_OPTIONS, type RateLimitRedisClient } from './rate-limit/redis/redis-client.js';
export { PostgresRateLimitStore } from './rate-limit/postgres-rate-limit.store.js';
export type { OnStoreError, PathRateLimit, RateLimit as RateLimitTerms } from './rate-limit/rate-limit.js';
export type { ConcurrencyLimit } from './rate-limit/tenant-concurrency.js';
export { clientAddress } from './rate-limit/client-address.js';
export { TenantThrottlerGuard } from './rate-limit/tenant-throttler.guard.js';
export type { LimitHeaders } from './context/rate-limit-headers.js';

// isolation
export { TenantDataSource } from './isolation/orm/tenant-data-source.js';
export { TenantSchemaDataSource } from './isolation/orm/tenant-schema-data-source.js';
export { TenantSubscriber } from './isolation/orm/tenant-subscriber.js';
export type { LeaseLimitOptions } from './isolation/client/lease-limits.js';
export type { StatementTimeout } from './isolation/client/statement-timeout.js';
export { TenantClient, type TenantClientConfig } from './isolation/client/tenant-client.js';
export { TenantPool, type TenantPoolConfig } from './isolation/client/tenant-pool.js';
export { assertLeastPrivilege, type ServingLogin } from './isolation/login-check.js';
export { applyRemedies } from './isolation/doctor/apply-remedies.js';
export { inspectIsolation, type InspectIsolationOptions } from './isolation/doctor/inspect-isolation.js';
export type { IsolationFinding, IsolationReport, TableCoverage } from './isolation/doctor/report.js';
export type { IsolationRule, FindingSeverity } from './isolation/doctor/rule.js';
export { ISOLATION_RULES } from './isolation/doctor/rules.js';
export { databaseRoles, databaseRolesOf, type DatabaseRoles } from './isolation/database-roles.js';
export { TenantScoped, TenantShared, type TenantSharedOptions } from './isolation/tenant-scoped.decorator.js';

// isolation, of what lives outside TypeORM
export { InMemoryResourceStore } from './isolation/resources/in-memory-resource.store.js';
export type { Resource, ResourceType } from './isolation/resources/resource.js';
export { ResourceIsolator, type ListResourcesOptions } from './isolation/resources/resource-isolator.js';
export type { ResourcePage, ResourceStore } from './isolation/resources/resource.store.js';
export { TenantIsolatedRepository } from './isolation/resources/tenant-isolated.repository.js';
export { TenantResourceEntity } from './isolation/resources/tenant-resource.entity.js';
export { TypeOrmResourceStore } from './isolation/resources/typeorm-resource.store.js';

// setting up a database
export {
  setupBackupRole,
  type SetupBackupRoleOptions,
  type SetupBackupRoleResult,
} from './setup/backup-role.js';
export { checkConnection } from './setup/check-connection.js';
export {
  createControlPlane,
  dropControlPlane,
  grantToControlPlane,
  type TablePrivilege,
} from './setup/control-plane.js';
export { applyPolicies, type ApplyPoliciesOptions } from './setup/policies/apply-policies.js';
export { planPolicies, type PlanPoliciesOptions } from './setup/policies/plan-policies.js';
export type { PolicyChange, PolicyPlan, PolicyProblem } from './setup/policies/policy-plan.js';
export type { RolePasswords } from './setup/role-steps.js';
export { roleUrls, type RoleUrls } from './setup/role-urls.js';
export {
  setupDatabase,
  type SetupDatabaseOptions,
  type SetupDatabaseResult,
} from './setup/setup-database.js';
export {
  openDatabaseToRoles,
  setupRoles,
  type SetupRolesOptions,
  type SetupRolesResult,
} from './setup/setup-roles.js';

// isolation, for migrations
export {
  createAllocationLimits,
  dropAllocationLimits,
  enforceAllocationLimit,
  type AllocationLimitOptions,
} from './isolation/migrations/allocation-limits.js';
export { createReferenceTable, distributeTable } from './isolation/migrations/citus.js';
export { backfill, type BackfillOptions } from './isolation/migrations/backfill.js';
export {
  disableRowLevelSecurity,
  enableRowLevelSecurity,
  shareTable,
  unshareTable,
  type RowLevelSecurityOptions,
} from './isolation/migrations/row-level-security.js';
export { setScopeKeys } from './isolation/migrations/scope-keys.js';
export { createSignedScope, dropSignedScope } from './isolation/migrations/signed-scope.js';
export { createResourceRegistry, dropResourceRegistry } from './isolation/migrations/resource-registry.js';
export { createQuotas, dropQuotas } from './quotas/migrations/create-quotas.js';
export { createRateLimits, dropRateLimits } from './rate-limit/migrations/create-rate-limits.js';
export { createActivityAlerts, dropActivityAlerts } from './alerts/migrations/activity-alerts.js';
export { createTenantNotifications, dropTenantNotifications } from './registry/cache/tenant-notifications.js';

// errors
export { AlertDeliveryError, type AlertDeliveryErrorOptions } from './errors/alert.errors.js';
export { FeatureNotEntitledError, LimitReachedError } from './errors/entitlement.errors.js';
export {
  ConfigurationError,
  StatementRefusedError,
  TenantMismatchError,
  TenantScopeMismatchError,
  TenantScopeMissingError,
} from './errors/isolation.errors.js';
export {
  IdempotencyKeyReusedError,
  QuotaExceededError,
  ReservationExpiredError,
  ReservationNotFoundError,
  type QuotaExceededOptions,
  type QuotaRefusal,
} from './errors/quota.errors.js';
export {
  ConflictError,
  ConnectionLostError,
  ForbiddenError,
  NotFoundError,
  TenantConflictError,
  TenantInvalidError,
  TenantNotFoundError,
  TenantRequiredError,
  TenantSuspendedError,
  UnauthenticatedError,
  UnavailableError,
  ValidationFailedError,
  type FieldProblem,
} from './errors/request.errors.js';
export { TenantError, type TenantErrorCode, type TenantErrorOptions } from './errors/tenant.error.js';
