import { randomUUID } from 'node:crypto';
import { Logger, type LoggerService } from '@nestjs/common';
import { PLAN_CATALOG } from '../catalog/plan-catalog.js';
import { PlanDirectory } from '../catalog/plan-directory.js';
import type { QuotaKind } from '../catalog/quota-terms.js';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { IdempotencyKeyReusedError, QuotaExceededError } from '../errors/quota.errors.js';
import type { AllocationCounters } from './allocation-counters.js';
import { announceQuota } from './announce-quota.js';
import { CheckQuota } from './check-quota.decorator.js';
import { type CounterAnswer, CounterQueue } from './counter-queue.js';
import type { QuotaDecision, QuotaStatus } from './quota-decision.js';
import { checkedAmount, checkedKey, checkedReservationId, checkedTtl, payingTenant } from './quota-input.js';
import { notConsumed, QuotaCounters } from './quota-counters.js';
import { QuotaReservation, QuotaReservationHandle } from './quota-reservation.js';
import { decisionOf, statusOf, wouldFit } from './quota-status.js';
import type { QuotaCall, QuotaDrift, QuotaItem, QuotaState, QuotaStore } from './quota.store.js';
import type { RateQuotas } from './rate-quotas.js';

/** Whose quota is meant. */
export interface QuotaOfTenant {
  /** uuid. Inside a scope there is no choice. @default the tenant of the running scope */
  readonly tenantId?: string;
}

export interface ConsumeQuotaOptions extends QuotaOfTenant {
  /**
   * Makes this call one and the same however often it is sent: the first that is admitted counts, and the others are
   * told what it was told. Unique among all calls of the tenant; 1 to 255 printable ASCII characters.
   *
   * @default every call counts
   */
  readonly idempotencyKey?: string;
}

export interface ReserveQuotaOptions extends ConsumeQuotaOptions {
  /** After which it resolves itself, from 1 second to a day. @default 900 */
  readonly ttlSeconds?: number;
  /** Whether work begins at once, so that its expiry charges it. @default false */
  readonly inFlight?: boolean;
}

export interface ReconcileOptions extends QuotaOfTenant {
  /** @default every counted limit of the catalogue */
  readonly resource?: string;
  /** Whether to report without setting anything right. @default false */
  readonly dryRun?: boolean;
}

export interface QuotaManagerOptions {
  /** Where use of allocation limits is read. @default it is not known, and asking for it is an error */
  readonly allocations?: AllocationCounters;
  /** What takes limits of kind `rate`. @default nothing, and asking for one is an error */
  readonly rates?: RateQuotas;
  /** The HTTP status of a used-up period quota. @default 429 */
  readonly exceededStatus?: 402 | 403 | 429;
}

/**
 * Takes units of what a plan counts, exactly: never more than the limit and its enforcement admit, never less than
 * was acknowledged. A call that returns was committed; one that is refused has written nothing. Callers who want the
 * same counter at the same time share statements.
 *
 * Of the tenant whose scope is running, unless a job of the platform names one.
 *
 * @example
 * await quotas.consumeQuota('maxExecutions'); // throws QuotaExceededError when the month's are used up
 * const { allowed, remaining } = await quotas.tryConsumeQuota('maxExecutions', 5);
 */
export class QuotaManager {
  /** The same as the decorator `@CheckQuota`. */
  static readonly CheckQuota = CheckQuota;

  readonly #queue: CounterQueue;
  readonly #counters: QuotaCounters;

  constructor(
    private readonly store: QuotaStore,
    private readonly logger: LoggerService = new Logger(QuotaManager.name),
    plans: PlanDirectory = new PlanDirectory(PLAN_CATALOG),
    private readonly options: QuotaManagerOptions = {},
  ) {
    this.#queue = new CounterQueue(store);
    this.#counters = new QuotaCounters(store, plans, options);
  }

  /**
   * Whether so much more would be admitted now. Advice, and no gate: between this answer and what follows from it
   * others take theirs. Nothing is written.
   *
   * @throws TenantNotFoundError; ConfigurationError for a limit nothing counts; UnavailableError when the store is away.
   */
  async checkQuota(
    resource: string,
    amount = 1,
    of: QuotaOfTenant = {},
  ): Promise<{ readonly allowed: boolean; readonly quota: QuotaStatus }> {
    checkedAmount(amount, 0);
    const tenantId = payingTenant('checkQuota', of.tenantId);
    const kind = this.#counters.kindOf(resource);
    if (kind === 'rate') {
      const quota = await this.#counters.rates.peek(tenantId, resource);
      return { allowed: quota.remaining === null || amount <= quota.remaining, quota };
    }
    const [state] = await this.#counters.read(tenantId, [resource]);
    return {
      allowed: wouldFit(state as QuotaState, amount),
      quota: statusOf(resource, kind, state as QuotaState),
    };
  }

  /**
   * Takes units, or throws.
   *
   * @throws QuotaExceededError when refused; IdempotencyKeyReusedError; TenantNotFoundError, TenantSuspendedError;
   *   ConfigurationError for a limit that is not consumed; UnavailableError when the store is away, as
   *   ConnectionLostError when nobody knows whether they were taken: an idempotency key makes trying again safe.
   */
  async consumeQuota(
    resource: string,
    amount = 1,
    options: ConsumeQuotaOptions = {},
  ): Promise<QuotaDecision> {
    const decision = await this.tryConsumeQuota(resource, amount, options);
    if (!decision.allowed) throw this.#exceeded(decision);
    return decision;
  }

  /** Takes units, or says that it did not. @throws as `consumeQuota`, but for QuotaExceededError */
  async tryConsumeQuota(
    resource: string,
    amount = 1,
    { tenantId: named, idempotencyKey }: ConsumeQuotaOptions = {},
  ): Promise<QuotaDecision> {
    const tenantId = payingTenant('consumeQuota', named);
    const key = checkedKey(idempotencyKey);
    const kind = this.#counters.kindOf(resource);
    if (kind === 'rate') {
      if (key !== undefined)
        throw new ConfigurationError(
          `${resource} is of kind rate, whose units know no idempotency key: leave it out.`,
        );
      return this.#counters.rates.take(tenantId, resource, checkedAmount(amount, 1));
    }
    if (checkedAmount(amount, 0) === 0) {
      const { quota } = await this.checkQuota(resource, 0, { tenantId });
      return decisionOf(quota, true, 0);
    }
    if (kind !== 'consumption') throw notConsumed(resource, kind);
    const answer = await this.#queue.apply(
      { tenantId, resource, kind },
      { op: 'consume', amount, ...(key !== undefined && { key }) },
    );
    return decisionFrom(answer, resource, kind, amount);
  }

  /**
   * Holds units until they are committed or released, or until their time is over.
   *
   * @throws as `consumeQuota`
   * @example
   * const reservation = await quotas.reserveQuota('maxExecutions', 10);
   * await reservation.commit(await run(10)); // what was used; the rest is given back
   */
  async reserveQuota(
    resource: string,
    amount = 1,
    { tenantId: named, idempotencyKey, ttlSeconds, inFlight = false }: ReserveQuotaOptions = {},
  ): Promise<QuotaReservation> {
    const tenantId = payingTenant('reserveQuota', named);
    const key = checkedKey(idempotencyKey);
    const counter = this.#counters.of(tenantId, resource);
    const answer = await this.#queue.apply(counter, {
      op: 'reserve',
      id: randomUUID(),
      amount: checkedAmount(amount, 1),
      ttlSeconds: checkedTtl(ttlSeconds),
      inFlight,
      ...(key !== undefined && { key }),
    });
    const decision = decisionFrom(answer, resource, counter.kind, amount);
    if (!answer.outcome.reservation) throw this.#exceeded(decision);
    return new QuotaReservation(answer.outcome.reservation, decision, (call) =>
      this.#queue.apply(counter, call),
    );
  }

  /** A reservation made earlier, here or elsewhere. @throws ReservationNotFoundError for what is no id of one */
  reservation(resource: string, id: string, of: QuotaOfTenant = {}): QuotaReservationHandle {
    const counter = this.#counters.of(payingTenant('reservation', of.tenantId), resource);
    return new QuotaReservationHandle(checkedReservationId(id), resource, (call: QuotaCall) =>
      this.#queue.apply(counter, call),
    );
  }

  /**
   * Takes units of several limits of kind `consumption`, all or none.
   *
   * @returns a decision for each, in the order given.
   * @throws QuotaExceededError for the first that was refused; otherwise as `consumeQuota`
   * @example
   * await quotas.consumeMany([{ resource: 'maxExecutions', amount: 1 }, { resource: 'maxTokens', amount: 900 }]);
   */
  async consumeMany(
    items: readonly QuotaItem[],
    { tenantId: named, idempotencyKey }: ConsumeQuotaOptions = {},
  ): Promise<QuotaDecision[]> {
    const tenantId = payingTenant('consumeMany', named);
    const key = checkedKey(idempotencyKey);
    if (items.length === 0 || new Set(items.map(({ resource }) => resource)).size < items.length)
      throw new ConfigurationError('consumeMany takes one or more limits, each once.');
    for (const { resource, amount } of items) {
      checkedAmount(amount, 1);
      const kind = this.#counters.kindOf(resource);
      if (kind !== 'consumption') throw notConsumed(resource, kind);
    }
    const { status, replayed, refused, states } = await this.store.consumeTogether(tenantId, items, key);
    if (status === 'key-reused')
      throw new IdempotencyKeyReusedError(items.map(({ resource }) => resource).join(', '));
    const decisions = items.map(({ resource, amount }) =>
      decisionOf(
        statusOf(resource, 'consumption', states[resource] as QuotaState),
        !refused.includes(resource),
        amount,
        replayed,
      ),
    );
    for (const decision of decisions) announceQuota(decision);
    const denied = decisions.find(({ allowed }) => !allowed);
    if (denied) throw this.#exceeded(denied);
    return decisions;
  }

  /** How much of one limit is used. Nothing is written. @throws as `checkQuota` */
  async getQuotaStatus(resource: string, of: QuotaOfTenant = {}): Promise<QuotaStatus> {
    return (await this.checkQuota(resource, 0, of)).quota;
  }

  /** How much is used of every limit that is counted here. @throws TenantNotFoundError, UnavailableError */
  async getAllQuotas(of: QuotaOfTenant = {}): Promise<Readonly<Record<string, QuotaStatus>>> {
    const tenantId = payingTenant('getAllQuotas', of.tenantId);
    const counted = this.#counters.counted();
    const states = await this.#counters.read(tenantId, counted);
    return Object.fromEntries(
      counted.map((resource, index) => [
        resource,
        statusOf(resource, this.#counters.kindOf(resource), states[index] as QuotaState),
      ]),
    );
  }

  /**
   * Sets counters of the running period by what they count: the ledger and open reservations, or the rows there are.
   * Exact while others go on. Only counters that differed are told of.
   *
   * @throws TenantNotFoundError; ConfigurationError for a limit nothing counts; UnavailableError
   */
  async reconcile({ tenantId: named, resource, dryRun = false }: ReconcileOptions = {}): Promise<
    QuotaDrift[]
  > {
    const tenantId = payingTenant('reconcile', named);
    const drifts: QuotaDrift[] = [];
    for (const each of resource === undefined ? this.#counters.counted() : [resource]) {
      const kind = this.#counters.kindOf(each);
      drifts.push(
        kind === 'allocation'
          ? await this.#counters.allocations.reconcile(tenantId, each, dryRun)
          : await this.store.reconcile(this.#counters.of(tenantId, each), dryRun),
      );
    }
    return drifts.filter(
      ({ before, after }) => before.used !== after.used || before.reserved !== after.reserved,
    );
  }

  #exceeded(decision: QuotaDecision): QuotaExceededError {
    const { exceededStatus: status } = this.options;
    const { resource, requested, limit, plan } = decision;
    this.logger.debug?.(
      `Refused ${requested} of ${resource}: the limit is ${limit ?? 'unlimited'} (plan ${plan})`,
    );
    return new QuotaExceededError(decision, decision.kind === 'consumption' && status ? { status } : {});
  }
}

function decisionFrom(
  { outcome, state }: CounterAnswer,
  resource: string,
  kind: QuotaKind,
  requested: number,
): QuotaDecision {
  if (outcome.status === 'key-reused') throw new IdempotencyKeyReusedError(resource);
  const { replayed, status } = outcome;
  const allowed = status === 'granted';
  const decision = decisionOf(statusOf(resource, kind, state), allowed, requested, replayed);
  announceQuota(decision);
  return decision;
}
