import type { PlanDirectory } from '../catalog/plan-directory.js';
import { ConflictError, TenantNotFoundError } from '../errors/request.errors.js';
import type { PlanChanges, PlanChoice } from './plan-changes.js';
import { asOf, planInEffect, samePlan, type TenantPlanState } from './plan-in-effect.js';
import { LIVE_STATUSES, mayBecome } from './tenant-status.js';
import type { TenantChanges, TenantStore } from './tenant.store.js';
import type { LiveTenantStatus, Tenant } from './tenant.js';

/** A tenant as it is now, and which of its fields were written. */
export interface WrittenTenant {
  readonly tenant: Tenant;
  readonly changed: readonly string[];
}

type PlanVersion = Pick<Tenant, 'plan' | 'planVersion'>;

const PAGE_SIZE = 100;

/** Writes plans of tenants, each over the one that was read: what was decided about another plan is not written. */
export class TenantPlanWriter {
  constructor(
    private readonly store: TenantStore,
    private readonly plans: PlanDirectory,
    private readonly planChanges: PlanChanges,
  ) {}

  /** @throws TenantNotFoundError, ValidationFailedError, ConflictError */
  async choose(id: string, choice: PlanChoice, changes: TenantChanges): Promise<WrittenTenant> {
    const [stored, at] = [await this.#stored(id), new Date()];
    const tenant = { ...asOf(stored, at), limits: changes.limits ?? stored.limits };
    const plan = await this.planChanges.choose(tenant, choice, at);
    return (await this.#write(stored, plan, changes)) ?? this.#outrun(id);
  }

  /** @throws TenantNotFoundError, ConflictError */
  async cancel(id: string): Promise<WrittenTenant> {
    const stored = await this.#stored(id);
    const tenant = asOf(stored, new Date());
    if (!tenant.scheduledPlan) return { tenant, changed: [] };
    return (await this.#write(stored, { ...stored, scheduledPlan: null })) ?? this.#outrun(id);
  }

  /** Writes down what is in effect already, tenant by tenant. */
  async *applyDue(): AsyncGenerator<WrittenTenant, void, undefined> {
    const due = { planDueBy: new Date(), statuses: LIVE_STATUSES, limit: PAGE_SIZE };
    let page: Tenant[];
    let after: Tenant | undefined;
    do {
      page = await this.store.list({ ...due, ...(after && { after }) });
      for (const stored of page) {
        const written = await this.#write(stored, planInEffect(stored, due.planDueBy));
        if (written) yield written;
      }
      after = page.at(-1);
    } while (page.length === PAGE_SIZE);
  }

  /** Makes the changes and ends the trial, if the tenant is on one and the plan has a price. */
  async endTrial(
    { id, ...plan }: PlanVersion & Pick<Tenant, 'id'>,
    changes: TenantChanges = {},
    whenPlan?: TenantPlanState,
  ): Promise<Tenant | undefined> {
    const status = startingStatus(plan, this.plans);
    const from = (['trial'] as const).filter((trial) => mayBecome(trial, status));
    return from.length === 0 ? undefined : this.store.update(id, { ...changes, status }, from, whenPlan);
  }

  /** Undefined when the tenant is not on the plan that was read any more. */
  async #write(
    read: Tenant,
    { plan, planVersion, scheduledPlan }: TenantPlanState,
    changes: TenantChanges = {},
  ): Promise<WrittenTenant | undefined> {
    const next = { plan, planVersion, scheduledPlan };
    const changed = [...differences(read, next), ...Object.keys(changes)];
    if (changed.length === 0) return { tenant: read, changed };
    const all = { ...changes, ...next };
    const started = await this.endTrial({ id: read.id, plan, planVersion }, all, read);
    const tenant = started ?? (await this.store.update(read.id, all, LIVE_STATUSES, read));
    return (
      tenant && { tenant: asOf(tenant, new Date()), changed: started ? [...changed, 'status'] : changed }
    );
  }

  /** As it is written, with a scheduled plan whose time may have come. */
  async #stored(id: string): Promise<Tenant> {
    const stored = await this.store.findById(id);
    if (!stored || stored.status === 'deleted') throw new TenantNotFoundError();
    return stored;
  }

  async #outrun(id: string): Promise<never> {
    await this.#stored(id);
    throw new ConflictError('The plan was changed by somebody else just now; look at it, and try again.');
  }
}

/** On a plan that costs nothing a tenant starts as a trial. */
export function startingStatus({ plan, planVersion }: PlanVersion, plans: PlanDirectory): LiveTenantStatus {
  return plans.definition(plan, planVersion).priceCents === 0 ? 'trial' : 'active';
}

function differences(read: TenantPlanState, next: TenantPlanState): string[] {
  const here = { ...read, scheduledPlan: next.scheduledPlan };
  const scheduled = { ...next, scheduledPlan: read.scheduledPlan };
  return [...(samePlan(here, next) ? [] : ['plan']), ...(samePlan(scheduled, next) ? [] : ['scheduledPlan'])];
}
