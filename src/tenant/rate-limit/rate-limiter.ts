import { Logger, type LoggerService } from '@nestjs/common';
import type { RateLimitExceededEvent } from '../events/rate-limit.events.js';
import type { TenantContext } from '../context/tenant-context.js';
import { currentScope, tryGetTenantContext } from '../context/tenant-scope.js';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { CoalescingRateLimitStore } from './coalescing-rate-limit.store.js';
import { addOnce, type Asked, strictest } from './asked-limits.js';
import { compileRateLimit } from './compiled-rate-limit.js';
import { InMemoryRateLimitStore } from './in-memory-rate-limit.store.js';
import { announceRateLimits } from './announce-rate-limits.js';
import type { RateLimit } from './rate-limit.js';
import { rateLimited } from './rate-limited.js';
import { ADMITTED, decisionOf } from './decision-of.js';
import type { RateLimitDecision } from './rate-limit-decision.js';
import { type DecidedAnswer, MemoryDecider, type RateLimitDecider } from './rate-limit.decider.js';
import { checkedSubject } from './rate-limit-subject.js';
import type { RateLimitStore } from './rate-limit.store.js';
import { checkedGateOptions, type GateOptions, MAX_TIMEOUT_MS } from './outage/gate-options.js';
import { RateLimitStoreGate } from './store-gate.js';

/** Whose use is meant, and how much of it. */
export interface RateLimitCall {
  /** uuid. Inside a scope there is no choice. @default the tenant of the running scope */
  readonly tenantId?: string;
  /** Counts by this instead of the tenant, such as an address or an account: 1 to 200 characters. */
  readonly key?: string;
  /** Units, for every limit given. @default the `cost` of each limit, which is 1 */
  readonly cost?: number;
}

interface ConsumeAsOptions {
  readonly cost?: number | undefined;
  /** Whom refusals are told of, outside a scope. */
  readonly tenantId?: string | undefined;
  readonly isAnnounced?: boolean;
}

/** How a RateLimiter deals with its store, and who hears of refusals. */
export interface RateLimiterOptions extends GateOptions {
  /** Called for each refusal, and for what a limit of enforcement `shadow` would have refused. Must not throw. */
  readonly onExceeded?: (event: RateLimitExceededEvent) => void;
}

/**
 * Takes units of what is limited per window of time, from all limits of a call or from none. A refused call costs
 * nothing. Counts are the tenant's whose scope is running, unless the call names another key.
 *
 * @example
 * const limiter = new RateLimiter(new InMemoryRateLimitStore());
 * await limiter.consume({ resource: 'imports', limit: 5, window: 60 }, { key: 'nightly' });
 */
export class RateLimiter {
  readonly #decider: RateLimitDecider;

  /** @param store counts in this process, or for all processes; its being away is dealt with here */
  constructor(
    store: RateLimitStore,
    private readonly logger: LoggerService = new Logger(RateLimiter.name),
    private readonly options: RateLimiterOptions = {},
  ) {
    this.#decider =
      store instanceof InMemoryRateLimitStore ? new MemoryDecider(store) : sharedDecider(store, options);
  }

  /**
   * Takes units, or throws.
   *
   * @throws QuotaExceededError with code RATE_LIMITED; ConfigurationError for a limit that cannot be; UnavailableError
   *   when the store is away and a limit says `onStoreError: 'closed'`.
   */
  async consume(
    limits: RateLimit | readonly RateLimit[],
    call: RateLimitCall = {},
  ): Promise<RateLimitDecision> {
    const decision = await this.tryConsume(limits, call);
    if (!decision.allowed) throw rateLimited(decision);
    return decision;
  }

  /** Takes units, or says that it did not. @throws as `consume`, but for QuotaExceededError */
  tryConsume(limits: RateLimit | readonly RateLimit[], call: RateLimitCall = {}): Promise<RateLimitDecision> {
    const tenantId = call.key === undefined ? call.tenantId : undefined;
    return this.tryConsumeAs(subjectOf(call, tryGetTenantContext()), limits, { cost: call.cost, tenantId });
  }

  /** @internal Takes units for whoever a call was found to come from. */
  async consumeAs(subject: string, limits: readonly RateLimit[]): Promise<RateLimitDecision> {
    const decision = await this.tryConsumeAs(subject, limits);
    if (!decision.allowed) throw rateLimited(decision);
    return decision;
  }

  /** @internal */
  async tryConsumeAs(
    subject: string,
    limits: RateLimit | readonly RateLimit[],
    { cost, tenantId, isAnnounced = true }: ConsumeAsOptions = {},
  ): Promise<RateLimitDecision> {
    const tenant = tryGetTenantContext();
    const payer = tenant?.tenantId ?? tenantId;
    const { hard, shadow } = this.#ask(limits, tenant, cost);
    const decided = this.#decide('decide', subject, hard);
    const decision = decided instanceof Promise ? await decided : decided;
    if (isAnnounced) announceRateLimits(decision);
    if (!decision.allowed) this.#tell(decision, subject, payer, 'hard');
    else if (shadow.length > 0) await this.#tryOut(shadow, subject, payer);
    return decision;
  }

  /** What `tryConsume` would answer. Advice, and no gate; nothing is taken and nothing is told. */
  peek(limits: RateLimit | readonly RateLimit[], call: RateLimitCall = {}): Promise<RateLimitDecision> {
    return this.peekAs(subjectOf(call, tryGetTenantContext()), limits, call.cost);
  }

  /** @internal */
  async peekAs(
    subject: string,
    limits: RateLimit | readonly RateLimit[],
    cost?: number,
  ): Promise<RateLimitDecision> {
    return this.#decide('peek', subject, this.#ask(limits, tryGetTenantContext(), cost).hard);
  }

  /** Forgets what was used of these limits. @throws UnavailableError when the store is away */
  async reset(
    limits: RateLimit | readonly RateLimit[],
    call: Omit<RateLimitCall, 'cost'> = {},
  ): Promise<void> {
    const tenant = tryGetTenantContext();
    const policies = listOf(limits).flatMap((limit) => compileRateLimit(limit).policyFor(tenant) ?? []);
    await this.#decider.reset(subjectOf(call, tenant), policies);
  }

  #ask(
    limits: RateLimit | readonly RateLimit[],
    tenant: TenantContext | undefined,
    cost: number | undefined,
  ): { readonly hard: readonly Asked[]; readonly shadow: readonly Asked[] } {
    if (cost !== undefined && (!Number.isSafeInteger(cost) || cost < 0))
      throw new ConfigurationError(`A rate limit's cost is a whole number from 0, not ${String(cost)}.`);
    const hard: Asked[] = [];
    const shadow: Asked[] = [];
    for (const given of listOf(limits)) {
      const limit = compileRateLimit(given);
      const policy = limit.policyFor(tenant);
      if (policy)
        addOnce(limit.isShadow ? shadow : hard, {
          limit,
          onStoreError: limit.onStoreError,
          request: { policy, cost: cost ?? limit.cost },
        });
    }
    return { hard, shadow };
  }

  /** A store in this process answers at once: waiting for it would cost as much as counting does. */
  #decide(
    how: 'decide' | 'peek',
    subject: string,
    asked: readonly Asked[],
  ): RateLimitDecision | Promise<RateLimitDecision> {
    if (asked.length === 0) return ADMITTED;
    const requests = asked.map(({ request }) => request);
    const answer = this.#decider[how](subject, requests, strictest(asked));
    const decision = ({ granted, states, decidedBy }: DecidedAnswer): RateLimitDecision =>
      decisionOf(asked, granted > 0, states, decidedBy);
    return answer instanceof Promise ? answer.then(decision) : decision(answer);
  }

  /** One by one: a limit on trial must not be held back by another one. */
  async #tryOut(asked: readonly Asked[], subject: string, tenantId: string | undefined): Promise<void> {
    for (const each of asked) {
      try {
        const decision = await this.#decide('decide', subject, [each]);
        if (!decision.allowed) this.#tell(decision, subject, tenantId, 'shadow');
      } catch (error) {
        this.logger.warn(
          `The limit ${each.limit.resource}, which is on trial, was not counted: ${String(error)}`,
        );
      }
    }
  }

  #tell(
    decision: RateLimitDecision,
    subject: string,
    tenantId: string | undefined,
    enforcement: 'hard' | 'shadow',
  ): void {
    const { onExceeded } = this.options;
    if (!onExceeded) return;
    for (const { allowed, resource, limit, window, cost, retryAfter } of decision.limits) {
      if (allowed) continue;
      onExceeded({
        tenantId,
        subject,
        policy: enforcement === 'shadow' ? resource.replace(/^trial:/, '') : resource,
        limit,
        windowSeconds: window,
        cost,
        retryAfterMs: retryAfter === null ? null : retryAfter * 1_000,
        principalId: currentScope()?.principal?.id,
        enforcement,
        at: new Date(),
      });
    }
  }
}

/** Who waits for a call to end before its own begins, waits for two of them. */
function sharedDecider(store: RateLimitStore, options: RateLimiterOptions): RateLimitDecider {
  const { timeoutMs } = checkedGateOptions(options);
  const shared = new CoalescingRateLimitStore(store, undefined, timeoutMs);
  return new RateLimitStoreGate(shared, { ...options, timeoutMs: Math.min(2 * timeoutMs, MAX_TIMEOUT_MS) });
}

function listOf(limits: RateLimit | readonly RateLimit[]): readonly RateLimit[] {
  return Array.isArray(limits) ? (limits as readonly RateLimit[]) : [limits as RateLimit];
}

function subjectOf({ tenantId, key }: RateLimitCall, tenant: TenantContext | undefined): string {
  // Never what tenants, principals and addresses are counted by.
  if (key !== undefined) return checkedSubject(tenant ? `${tenant.tenantId}:${key}` : `key:${key}`);
  if (tenantId !== undefined && tenant && tenantId !== tenant.tenantId)
    throw new ConfigurationError('Inside a scope a rate limit is that of its tenant: leave out `tenantId`.');
  const subject = tenant?.tenantId ?? tenantId;
  if (subject !== undefined) return checkedSubject(subject);
  throw new ConfigurationError(
    'Nothing says whose rate limit is meant: call it in the scope of a tenant, or give `tenantId` or `key`.',
  );
}
