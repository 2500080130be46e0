import { Logger, type Provider } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { ViolationRecorder } from './alerts/activity/violation-recorder.js';
import { ConfigurationError } from './errors/isolation.errors.js';
import type { RateLimitExceededEvent } from './events/rate-limit.events.js';
import { TenantEvents } from './events/tenant-events.js';
import {
  ADDRESS_LIMIT,
  type AddressLimit,
  AddressLimitMiddleware,
} from './rate-limit/address-limit.middleware.js';
import { compileRateLimit } from './rate-limit/compiled-rate-limit.js';
import { InMemoryRateLimitStore } from './rate-limit/in-memory-rate-limit.store.js';
import { RateLimitCheck } from './rate-limit/rate-limit-check.js';
import { RateLimitInterceptor } from './rate-limit/rate-limit.interceptor.js';
import { RATE_LIMIT_SETTINGS, type RateLimitSettings } from './rate-limit/rate-limit.settings.js';
import { RateLimitSweeper } from './rate-limit/rate-limit-sweeper.js';
import { RateLimiter } from './rate-limit/rate-limiter.js';
import { TenantConcurrency } from './rate-limit/tenant-concurrency.js';
import { TENANT_MODULE_OPTIONS } from './tenant.module-definition.js';
import type { TenantModuleOptions } from './tenant.options.js';

/** What calls are held to per window of time, and at once. */
export const rateLimitProviders: Provider[] = [
  {
    provide: RATE_LIMIT_SETTINGS,
    inject: [TENANT_MODULE_OPTIONS],
    useFactory: ({ rateLimits = [] }: TenantModuleOptions): RateLimitSettings => {
      for (const limit of rateLimits) {
        if (typeof limit.path !== 'string' || !limit.path.startsWith('/'))
          throw new ConfigurationError(`rateLimits: the path of "${limit.resource}" begins with a slash.`);
        compileRateLimit(limit);
      }
      return { paths: rateLimits };
    },
  },
  {
    provide: RateLimiter,
    inject: [TENANT_MODULE_OPTIONS, TenantEvents, ViolationRecorder],
    useFactory: (
      { rateLimiter = {} }: TenantModuleOptions,
      events: TenantEvents,
      violations: ViolationRecorder,
    ) => {
      const { store = new InMemoryRateLimitStore(), timeoutMs, retryMs, localShare } = rateLimiter;
      const logger = new Logger(RateLimiter.name);
      return new RateLimiter(store, logger, {
        ...(timeoutMs !== undefined && { timeoutMs }),
        ...(retryMs !== undefined && { retryMs }),
        ...(localShare !== undefined && { localShare }),
        onExceeded: teller(events, violations),
        onLost: (error) => {
          const reason = error instanceof Error ? error.message : String(error);
          logger.error(`The store of rate limits does not answer; this process counts by itself: ${reason}`);
          events.emit('rate-limit.store.lost', { error: reason, at: new Date() });
        },
        onRestored: (outageMs) => {
          logger.log(`The store of rate limits answers again, after ${Math.round(outageMs / 1_000)} s`);
          events.emit('rate-limit.store.restored', { outageMs, at: new Date() });
        },
      });
    },
  },
  {
    provide: TenantConcurrency,
    inject: [TENANT_MODULE_OPTIONS],
    useFactory: ({ rateLimiter }: TenantModuleOptions) => {
      const limit = rateLimiter?.maxConcurrent ?? null;
      if (typeof limit === 'number' && (!Number.isSafeInteger(limit) || limit < 1))
        throw new ConfigurationError(`rateLimiter.maxConcurrent is a whole number from 1, not ${limit}.`);
      return new TenantConcurrency(limit);
    },
  },
  {
    provide: ADDRESS_LIMIT,
    inject: [TENANT_MODULE_OPTIONS, TenantEvents],
    useFactory: ({ rateLimiter }: TenantModuleOptions, events: TenantEvents): AddressLimit | undefined => {
      if (!rateLimiter?.address) return undefined;
      const limit = { ...rateLimiter.address, resource: 'address', by: 'address' as const };
      compileRateLimit(limit);
      const onExceeded = (event: RateLimitExceededEvent): void =>
        events.emit('tenant.rate-limit.exceeded', event);
      return { limit, limiter: new RateLimiter(new InMemoryRateLimitStore(), undefined, { onExceeded }) };
    },
  },
  {
    provide: RateLimitSweeper,
    inject: [TENANT_MODULE_OPTIONS],
    useFactory: ({ rateLimiter }: TenantModuleOptions) => new RateLimitSweeper(rateLimiter?.store),
  },
  AddressLimitMiddleware,
  RateLimitInterceptor,
  { provide: APP_INTERCEPTOR, useExisting: RateLimitInterceptor },
  RateLimitCheck,
];

function teller(
  events: TenantEvents,
  violations: ViolationRecorder,
): (event: RateLimitExceededEvent) => void {
  return (event) => {
    events.emit('tenant.rate-limit.exceeded', event);
    const { tenantId, subject, policy, limit, enforcement } = event;
    // What came from one address is no tenant's doing, whoever called from there.
    if (tenantId !== undefined && subject.startsWith(tenantId) && enforcement === 'hard')
      violations.record({ tenantId, policy, limit });
  };
}
