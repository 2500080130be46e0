import {
  type CallHandler,
  type ExecutionContext,
  HttpException,
  Inject,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { defer, finalize, from, mergeMap, type MonoTypeOperatorFunction, type Observable, tap } from 'rxjs';
import { SuspiciousActivity } from '../alerts/activity/suspicious-activity.js';
import { scopeOfCall } from '../context/call-scope.js';
import type { TenantScope } from '../context/tenant-scope.js';
import { TenantScopeMissingError } from '../errors/isolation.errors.js';
import { compileRateLimit } from './compiled-rate-limit.js';
import { RATE_LIMIT_SETTINGS, type RateLimitSettings } from './rate-limit.settings.js';
import type { RateLimit } from './rate-limit.js';
import { addressOfCall, subjectOfCall } from './rate-limit-subject.js';
import { RateLimiter } from './rate-limiter.js';
import { rateLimitsOf } from './rate-limits-of-call.js';
import { TenantConcurrency } from './tenant-concurrency.js';

/** Each call is counted once, however often this is put round its handler: NestJS makes one of it for each module. */
const seen = new WeakSet<ExecutionContext>();

/**
 * Holds calls to the limits of `@RateLimit` and of the option `rateLimits`, and to how many may run at once for one
 * tenant. It runs after every guard. TenantModule puts it round every handler, and `@RateLimit` round those that only it
 * reaches, such as gateways.
 */
@Injectable()
export class RateLimitInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly limiter: RateLimiter,
    private readonly concurrency: TenantConcurrency,
    private readonly activity: SuspiciousActivity,
    @Inject(RATE_LIMIT_SETTINGS) private readonly settings: RateLimitSettings,
  ) {}

  /** Subscribing is the call: one that is subscribed to again is another one, and one that is left gives its slot back. */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return defer(() => {
      if (seen.has(context)) return next.handle();
      seen.add(context);
      const scope = scopeOfCall(context);
      let leave: (() => void) | undefined;
      return defer(() => {
        leave = this.concurrency.enter(scope?.tenant);
        return from(this.#consume(context, scope));
      }).pipe(
        mergeMap(() =>
          scope?.tenant ? next.handle().pipe(this.#watch(scope.tenant.tenantId)) : next.handle(),
        ),
        finalize(() => {
          seen.delete(context);
          leave?.();
        }),
      );
    });
  }

  /** What a handler refuses is what somebody tries who looks for what is not theirs. */
  #watch(tenantId: string): MonoTypeOperatorFunction<unknown> {
    this.activity.note('unusual_usage', { tenantId });
    return tap({
      error: (error: unknown) => {
        if (!(error instanceof HttpException)) return;
        const status = error.getStatus();
        if (status === 404) this.activity.note('foreign_ids', { tenantId });
        if (status === 403) this.activity.note('denials', { tenantId });
      },
    });
  }

  async #consume(context: ExecutionContext, scope: TenantScope | undefined): Promise<void> {
    const limits = rateLimitsOf(context, this.reflector, this.settings.paths);
    if (limits.length === 0) return;
    if (!scope?.admitted) {
      throw new TenantScopeMissingError(
        'A rate limit was reached before TenantGuard (gateways need that guard too), so it asks',
      );
    }
    const ofAddress = limits.filter((limit) => compileRateLimit(limit).by === 'address');
    const ofTenant = limits.filter(
      (limit) =>
        !ofAddress.includes(limit) && (scope.tenant !== undefined || !compileRateLimit(limit).goesByTenant),
    );
    // Two subjects are two decisions; the one that is nobody's in particular goes first.
    if (ofAddress.length > 0) await this.#take(addressOfCall(context), ofAddress);
    if (ofTenant.length > 0) await this.#take(subjectOfCall(context, scope), ofTenant);
  }

  async #take(subject: string | undefined, limits: readonly RateLimit[]): Promise<void> {
    if (subject === undefined) {
      throw new TenantScopeMissingError('A rate limit has nobody to count this call for, and it asks');
    }
    await this.limiter.consumeAs(subject, limits);
  }
}
