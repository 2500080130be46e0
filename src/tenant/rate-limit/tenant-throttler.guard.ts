import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { ThrottlerGuard, type ThrottlerLimitDetail, type ThrottlerOptions } from '@nestjs/throttler';
import { scopeOfCall } from '../context/call-scope.js';
import { transportRequestOf } from '../context/transport-request.js';
import { TenantScopeMissingError } from '../errors/isolation.errors.js';
import type { QuotaExceededError } from '../errors/quota.errors.js';
import type { RateLimit } from './rate-limit.js';
import type { RateLimitDecision } from './rate-limit-decision.js';
import { rateLimited } from './rate-limited.js';
import { RateLimiter } from './rate-limiter.js';
import { checkedSubject, subjectOfCall } from './rate-limit-subject.js';
import { ThrottlerPolicies, type Throttled } from './throttler-policies.js';

type Request = Record<string, unknown>;

/** Each call is counted once by one class of guard, be it a global one and of the route too. */
const seen = new WeakMap<ExecutionContext, Set<unknown>>();

/**
 * The guard of \@nestjs/throttler, counting by tenant and through RateLimiter: `ThrottlerModule.forRoot([…])`,
 * `@Throttle`, `@SkipThrottle`, named throttlers, `skipIf`, `getTracker` and the rest work as they do there, and what a
 * subclass overrides of `shouldSkip`, `getTracker`, `getErrorMessage` and `throwThrottlingException` is asked;
 * `generateKey` and the option `storage` are not. Other than there, a call is decided by all throttlers at once, a refused one costs nothing,
 * `limit: 0` admits nobody, and answers carry `RateLimit`, `RateLimit-Policy` and, on refusal, `Retry-After`. A throttler
 * counts all routes of a tenant together, and those where `@Throttle` gives it another limit by themselves.
 * `blockDuration` has no effect: who waits for `Retry-After` is let in.
 *
 * It has to run after TenantGuard: import TenantModule before the module that provides it.
 *
 * @throws QuotaExceededError (429, code RATE_LIMITED); TenantScopeMissingError when TenantGuard did not run before.
 * @example
 * providers: [{ provide: APP_GUARD, useClass: TenantThrottlerGuard }]
 */
@Injectable()
export class TenantThrottlerGuard extends ThrottlerGuard {
  @Inject(RateLimiter) private readonly limiter!: RateLimiter;
  readonly #policies = new ThrottlerPolicies();

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.#hasSeen(context) || (await this.shouldSkip(context))) return true;
    if (!scopeOfCall(context)?.admitted) {
      throw new TenantScopeMissingError(
        'TenantThrottlerGuard ran before TenantGuard (import TenantModule before the module that provides it), so it asks',
      );
    }
    for (const [subject, throttled] of await this.#bySubject(context))
      await this.#hold(context, subject, throttled);
    return true;
  }

  /** The tenant; of a call that has none its principal, else its address. */
  protected override getTracker(request: Request, context?: ExecutionContext): Promise<string> {
    const subject = context && subjectOfCall(context, scopeOfCall(context));
    return subject === undefined ? super.getTracker(request) : Promise.resolve(subject);
  }

  /** @throws QuotaExceededError; override it to throw something else. */
  protected override async throwThrottlingException(
    context: ExecutionContext,
    detail: ThrottlerLimitDetail & { readonly refusal?: QuotaExceededError },
  ): Promise<void> {
    if (detail.refusal) throw detail.refusal;
    await super.throwThrottlingException(context, detail);
  }

  /** Those that count for the same one are decided together. */
  async #bySubject(context: ExecutionContext): Promise<Map<string, Throttled[]>> {
    const groups = new Map<string, Throttled[]>();
    for (const throttler of this.throttlers) {
      if (this.#isSkipped(context, throttler)) continue;
      const throttled = await this.#policies.read(context, this.reflector, throttler);
      const getTracker =
        throttled.own.getTracker ??
        throttler.getTracker ??
        this.commonOptions.getTracker ??
        this.getTracker.bind(this);
      const tracker = await getTracker(requestOf(context), context);
      const subject = checkedSubject(tracker);
      groups.set(subject, [...(groups.get(subject) ?? []), throttled]);
    }
    return groups;
  }

  #hasSeen(context: ExecutionContext): boolean {
    const guards = seen.get(context) ?? new Set();
    seen.set(context, guards);
    return guards.size === guards.add(this.constructor).size;
  }

  #isSkipped(context: ExecutionContext, throttler: ThrottlerOptions): boolean {
    const skipIf = throttler.skipIf ?? this.commonOptions.skipIf;
    if (this.#policies.isSkipped(context, this.reflector, throttler) || skipIf?.(context)) return true;
    const agents = throttler.ignoreUserAgents ?? this.commonOptions.ignoreUserAgents ?? [];
    const { headers } = requestOf(context) as { headers?: Record<string, string | undefined> };
    return agents.some((pattern) => pattern.test(headers?.['user-agent'] ?? ''));
  }

  async #hold(context: ExecutionContext, subject: string, throttled: readonly Throttled[]): Promise<void> {
    const limits = throttled.map(({ limit }): RateLimit => limit);
    const decision = await this.limiter.tryConsumeAs(subject, limits, {
      isAnnounced: this.#isSaid(throttled),
    });
    if (decision.allowed) return;
    const message = Array.isArray(this.options) ? undefined : this.options.errorMessage;
    const [first] = throttled as [Throttled];
    const detail = detailOf(decision, subject, first);
    const refusal = rateLimited(
      decision,
      message === undefined ? undefined : await this.getErrorMessage(context, detail),
    );
    scopeOfCall(context)?.answer?.refuse(refusal.retryAfter, refusal.retryable);
    await this.throwThrottlingException(context, { ...detail, refusal });
    throw refusal;
  }

  #isSaid([first]: readonly Throttled[]): boolean {
    return first?.throttler.setHeaders ?? this.commonOptions.setHeaders ?? true;
  }
}

function requestOf(context: ExecutionContext): Request {
  return (transportRequestOf(context) ?? {}) as unknown as Request;
}

function detailOf(decision: RateLimitDecision, tracker: string, first: Throttled): ThrottlerLimitDetail {
  const refused = decision.limits.find(({ allowed }) => !allowed);
  const seconds = refused?.retryAfter ?? 0;
  return {
    ttl: first.limit.window * 1_000,
    limit: refused?.limit ?? 0,
    key: refused?.resource ?? '',
    tracker,
    totalHits: (refused?.limit ?? 0) - (refused?.remaining ?? 0),
    timeToExpire: seconds,
    isBlocked: true,
    timeToBlockExpire: seconds,
  };
}
