import type { DataSource } from 'typeorm';
import type { SuspiciousActivityOptions } from './alerts/activity/suspicious-activity.options.js';
import type { AlertOptions } from './alerts/alert.options.js';
import type { LimitHeaders } from './context/rate-limit-headers.js';
import type { PathRateLimit, RateLimit } from './rate-limit/rate-limit.js';
import type { RateLimitStore } from './rate-limit/rate-limit.store.js';
import type { ConcurrencyLimit } from './rate-limit/tenant-concurrency.js';
import type { PlanCatalog } from './catalog/plan-definition.js';
import type { PayloadOptions } from './jobs/hmac-payload-signer.js';
import type { QuotaStore } from './quotas/quota.store.js';
import type { TenantCacheOptions } from './registry/cache/tenant-cache.options.js';
import type { TenantStore } from './registry/tenant.store.js';
import type { ResolutionOptions } from './resolution/resolution.options.js';

/** What TenantModule.forRoot takes; only `store` has to be given. */
export interface TenantModuleOptions extends ResolutionOptions {
  /** Where tenants are kept: `new TypeOrmTenantStore(controlDataSource)`, or a store of your own. */
  readonly store: TenantStore;
  /**
   * The control plane's DataSource: a TenantSchemaDataSource that logs in as the control role. Plans are
   * recorded there, where allocation limits read them, and `runAsPlatform` works through it.
   *
   * @default none: no recorded plans, and runAsPlatform is refused
   */
  readonly controlPlane?: DataSource;
  /**
   * Keys for what is sent through queues and to other services.
   *
   * @default none: serializeTenantContext and runTenantJob are refused
   */
  readonly payloads?: PayloadOptions;
  /** @default PLAN_CATALOG */
  readonly plans?: PlanCatalog;
  /** How long what a request needs to know of its tenant is kept: how soon a suspension holds everywhere. */
  readonly cache?: TenantModuleCacheOptions;
  /** Where quotas are kept, and how their end is told. */
  readonly quotas?: TenantModuleQuotaOptions;
  /**
   * Rate limits of every route whose path begins with one, beside those of `@RateLimit`.
   *
   * @example [{ path: '/api', ...RateLimitConfigs.API_REQUESTS }]
   * @default none
   */
  readonly rateLimits?: readonly PathRateLimit[];
  /** Where rate limits are counted, and what else keeps one tenant's flood from the others. */
  readonly rateLimiter?: TenantModuleRateLimiterOptions;
  /** How answers tell of quotas and rate limits. @default 'standard' */
  readonly limitHeaders?: LimitHeaders;
  /**
   * Where alerts of limits are delivered, beside the log and the event `tenant.alert`. The same in every process.
   * Needs `controlPlane`, where alerts are recorded.
   *
   * @default with a control plane the log and the event, without one nowhere
   */
  readonly alerts?: AlertOptions;
  /** How much of what attackers do is told of, and what of it. @default all of it, at the thresholds it states */
  readonly suspiciousActivity?: SuspiciousActivityOptions;
}

/** How calls are held to rates. */
export interface TenantModuleRateLimiterOptions {
  /**
   * `new RedisRateLimitStore(redis)` or `new PostgresRateLimitStore(controlPlane)` where several processes serve the same
   * tenants.
   *
   * @default the memory of this process
   */
  readonly store?: RateLimitStore;
  /** Milliseconds the store may take; then it counts as away. @default 100 */
  readonly timeoutMs?: number;
  /** Milliseconds between two questions whether a store that is away is there again. @default 1000 */
  readonly retryMs?: number;
  /**
   * The part of each limit that this process admits by itself while the store is away: one divided by the number of
   * processes keeps the limit; more lets a single one through. From 0 (excluded) to 1.
   *
   * @default 0.5
   */
  readonly localShare?: number;
  /**
   * A limit of each client address, before a credential or tenant is looked up; counted in this process's memory. Of
   * IPv6 an address is its network of 64 bits. Behind a proxy the adapter has to be told to trust it.
   *
   * @default none
   */
  readonly address?: Pick<RateLimit, 'limit' | 'window' | 'algorithm' | 'burst'> & { readonly limit: number };
  /** Calls of one tenant that this process runs at once. @default any number */
  readonly maxConcurrent?: ConcurrencyLimit;
}

/** Where what plans count is kept. */
export interface TenantModuleQuotaOptions {
  /** @default PostgresQuotaStore with a control plane, without one the memory of this process */
  readonly store?: QuotaStore;
  /**
   * The HTTP status of a period's quota that is used up; the code stays QUOTA_EXCEEDED.
   *
   * @default 429
   */
  readonly exceededStatus?: 402 | 403 | 429;
  /**
   * How often, in milliseconds, reservations that nobody resolved are swept up, when no call comes before.
   *
   * @default 15000
   */
  readonly sweepMs?: number;
}

/** How long copies of tenants are used, and who says when one is outdated. */
export interface TenantModuleCacheOptions extends TenantCacheOptions {
  /**
   * The URL of a direct connection, by any login, on which the database tells that a tenant was changed; its
   * migrations call `createTenantNotifications`. The change then holds at once, and `ttlMs` is for when the
   * connection is away.
   *
   * @default none: changes by other processes are seen when `ttlMs` is over
   */
  readonly listenUrl?: string;
}

/** Options that shape the module itself, so they are given beside `useFactory`, not by it. */
export interface TenantModuleExtras {
  /**
   * Whether the module's services can be injected everywhere without importing it again.
   *
   * @default true
   */
  isGlobal?: boolean;
  /**
   * Whether TenantGuard guards every route. When false, write `@UseGuards(YourAuthGuard, TenantGuard)`; a
   * route without it has no tenant and can read nothing. (Fields of one GraphQL operation share their tenant, so
   * guard the class of resolvers.)
   *
   * @default true
   */
  globalGuard?: boolean;
}
