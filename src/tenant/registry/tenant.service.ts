import { randomUUID } from 'node:crypto';
import { Logger, type LoggerService } from '@nestjs/common';
import { PLAN_CATALOG, type TenantPlan } from '../catalog/plan-catalog.js';
import { overrideProblems } from '../catalog/entitlements.js';
import { PlanDirectory } from '../catalog/plan-directory.js';
import { ConflictError, TenantNotFoundError, ValidationFailedError } from '../errors/request.errors.js';
import { type TenantLifecycleEvent, TenantEvents } from '../events/tenant-events.js';
import { mergeMetadata } from './merge-metadata.js';
import {
  choiceProblems,
  type PlanChangePreview,
  PlanChanges,
  type PlanChangeTime,
  soldToday,
} from './plan-changes.js';
import { asOf } from './plan-in-effect.js';
import { chosenSlug, slugFrom } from './slug.js';
import { checkedMetadata, checkedName } from './tenant-input.js';
import { LIVE_STATUSES, mayBecome } from './tenant-status.js';
import { startingStatus, TenantPlanWriter, type WrittenTenant } from './tenant-plan.writer.js';
import type { NewTenantOptions, TenantFilter, TenantUpdate } from './tenant-update.js';
import type { TenantChanges, TenantPage, TenantStore } from './tenant.store.js';
import { NOTHING_COUNTED, type TenantUsage, usageAgainst, type UsageSource } from './tenant-usage.js';
import type { Tenant, TenantMetadata, TenantStatus } from './tenant.js';

const WALK_PAGE_SIZE = 100;

/**
 * The registry of tenants. A deleted tenant is unknown to every method; its id and slug are never given again.
 *
 * Each change is told to TenantEvents once the store has committed it, and only then. Constructed by hand without
 * a UsageSource, it knows no tenant's usage.
 *
 * @example
 * const tenants = new TenantService(new InMemoryTenantStore());
 * const acme = await tenants.createTenant('Acme', { contactEmail: 'ops@acme.test' }, 'starter');
 */
export class TenantService {
  readonly #planChanges: PlanChanges;
  readonly #planWriter: TenantPlanWriter;

  constructor(
    private readonly store: TenantStore,
    private readonly logger: LoggerService = new Logger(TenantService.name),
    private readonly plans: PlanDirectory = new PlanDirectory(PLAN_CATALOG),
    private readonly events: TenantEvents = new TenantEvents(logger),
    private readonly usage: UsageSource = NOTHING_COUNTED,
  ) {
    this.#planChanges = new PlanChanges(plans, usage);
    this.#planWriter = new TenantPlanWriter(store, plans, this.#planChanges);
  }

  /**
   * Creates a tenant whose slug is made from its name. On a plan that costs nothing it starts as a trial.
   *
   * @throws ConflictError when another tenant has, or had, that slug.
   * @throws ValidationFailedError when the name, slug, metadata or plan is not usable.
   * @example await tenants.createTenant('株式会社', {}, 'starter', { slug: 'kabushiki' });
   */
  async createTenant(
    name: string,
    metadata: TenantMetadata = {},
    plan: TenantPlan = 'free',
    { slug }: NewTenantOptions = {},
  ): Promise<Tenant> {
    const { version: planVersion } = soldToday(plan, this.plans);
    const now = new Date();
    const tenant = await this.store.insert({
      id: randomUUID(),
      name: checkedName(name),
      slug: slug === undefined ? slugFrom(name) : chosenSlug(slug),
      status: startingStatus({ plan, planVersion }, this.plans),
      statusReason: null,
      plan,
      planVersion,
      scheduledPlan: null,
      metadata: mergeMetadata({}, checkedMetadata(metadata)),
      limits: {},
      priceCents: null,
      periodAnchor: now,
      placement: 'shared',
      createdAt: now,
      updatedAt: now,
      deletedAt: null,
    });
    this.logger.log(`Tenant ${tenant.id} (${tenant.slug}) created on plan ${plan}`);
    this.events.emit('tenant.created', asItIs(tenant));
    return tenant;
  }

  /** The tenant, or undefined when unknown or deleted. Ids and slugs are matched exactly; no case is folded. */
  async findTenant(by: { readonly id: string } | { readonly slug: string }): Promise<Tenant | undefined> {
    const tenant = await ('id' in by ? this.store.findById(by.id) : this.store.findBySlug(by.slug));
    return tenant && tenant.status !== 'deleted' ? asOf(tenant, new Date()) : undefined;
  }

  /**
   * By the id exactly as it is stored: a uuid in lower case.
   *
   * @throws TenantNotFoundError when unknown or deleted.
   */
  async getTenant(id: string): Promise<Tenant> {
    return existing(await this.findTenant({ id }));
  }

  /**
   * By the slug exactly as it is stored: "ACME" finds nobody.
   *
   * @throws TenantNotFoundError when unknown or deleted.
   */
  async getTenantBySlug(slug: string): Promise<Tenant> {
    return existing(await this.findTenant({ slug }));
  }

  /**
   * What the tenant uses of its effective limits, of those whose use is counted.
   *
   * @throws TenantNotFoundError when unknown or deleted.
   * @example
   * const { maxAgents } = await tenants.getTenantUsage(id); // { used: 3, limit: 10, utilization: 0.3, … }
   */
  async getTenantUsage(id: string): Promise<TenantUsage> {
    const tenant = await this.getTenant(id);
    return usageAgainst(tenant, await this.usage.usageOf(id), this.plans, new Date());
  }

  /** One page, newest first; the next one comes `after` the last tenant of this one. */
  async listTenants({
    status,
    ...page
  }: Pick<TenantPage, 'limit' | 'after'> & TenantFilter): Promise<Tenant[]> {
    const statuses = LIVE_STATUSES.filter((live) => status === undefined || status === live);
    const [tenants, now] = [await this.store.list({ ...page, statuses }), new Date()];
    return tenants.map((tenant) => asOf(tenant, now));
  }

  /**
   * All tenants, newest first, read page by page: for cron jobs and commands. Each comes once; one created
   * meanwhile does not come, one deleted meanwhile may.
   *
   * @example
   * for await (const tenant of tenants.eachTenant({ status: 'active' })) await invoice(tenant);
   */
  async *eachTenant({ status }: TenantFilter = {}): AsyncGenerator<Tenant, void, undefined> {
    let page: Tenant[];
    let after: Tenant | undefined;
    do {
      page = await this.listTenants({ limit: WALK_PAGE_SIZE, status, ...(after && { after }) });
      yield* page;
      after = page.at(-1);
    } while (page.length === WALK_PAGE_SIZE);
  }

  /**
   * Changes a tenant. Moving to a plan that has a price ends a trial. An update of nothing changes nothing.
   *
   * @throws TenantNotFoundError, ValidationFailedError; ConflictError when `overLimit` blocks the plan, or the plan was
   *   changed by somebody else in this moment.
   * @example await tenants.updateTenant(id, { plan: 'free', when: 'period-end', overLimit: 'block' });
   */
  async updateTenant(id: string, update: TenantUpdate): Promise<Tenant> {
    const { name, metadata, plan, limits } = update;
    this.#assertUsable(update);
    const changes: TenantChanges = {
      ...(name !== undefined && { name: checkedName(name) }),
      ...(metadata !== undefined && { metadata: checkedMetadata(metadata) }),
      ...(limits !== undefined && { limits }),
    };
    if (plan !== undefined)
      return this.#tellUpdated(await this.#planWriter.choose(id, { ...update, plan }, changes));
    if (Object.keys(changes).length === 0) return this.getTenant(id);
    const tenant = existing(await this.#update(id, changes, LIVE_STATUSES));
    return this.#tellUpdated({ tenant, changed: Object.keys(changes) });
  }

  /** What would come of another plan; nothing is changed. @throws TenantNotFoundError, ValidationFailedError */
  async previewPlanChange(id: string, plan: TenantPlan, when?: PlanChangeTime): Promise<PlanChangePreview> {
    return this.#planChanges.preview(await this.getTenant(id), { plan, when }, new Date());
  }

  /**
   * Keeps the tenant on the plan it has. Without a scheduled change, and after its time has come, nothing changes.
   *
   * @throws TenantNotFoundError; ConflictError when the plan was changed by somebody else in this moment.
   */
  async cancelPlanChange(id: string): Promise<Tenant> {
    return this.#tellUpdated(await this.#planWriter.cancel(id));
  }

  /**
   * Writes down the scheduled plans whose time has come, and tells of them. They hold without it; call it every few
   * minutes, in as many processes as you like: each change is told once.
   *
   * @returns how many there were for this process.
   */
  async applyDuePlanChanges(): Promise<number> {
    let applied = 0;
    for await (const written of this.#planWriter.applyDue()) {
      this.#tellUpdated(written);
      applied += 1;
    }
    return applied;
  }

  /**
   * Stops a tenant from acting. Nothing of it is deleted.
   *
   * @throws TenantNotFoundError; ConflictError when it is suspended already.
   */
  async suspendTenant(id: string, reason: string): Promise<Tenant> {
    const suspended = await this.#transition(id, { status: 'suspended', statusReason: reason });
    this.logger.warn(`Tenant ${id} suspended`);
    this.events.emit('tenant.suspended', { ...asItIs(suspended), reason });
    return suspended;
  }

  /**
   * Lets a suspended tenant act again, on a plan that costs nothing as a trial.
   *
   * @throws TenantNotFoundError; ConflictError when it is not suspended.
   */
  async reactivateTenant(id: string): Promise<Tenant> {
    const status = startingStatus(await this.getTenant(id), this.plans);
    const woken = await this.#transition(id, { status, statusReason: null }, ['suspended']);
    // A plan with a price may have been bought after the plan was read.
    const reactivated = (await this.#planWriter.endTrial(woken)) ?? woken;
    this.logger.log(`Tenant ${id} reactivated`);
    this.events.emit('tenant.reactivated', asItIs(reactivated));
    return reactivated;
  }

  /**
   * Deletes a tenant for good. From here on it is unknown, to its own keys as well; its row stays, so that its id
   * and slug are never given to anybody else, and so do its data.
   *
   * @returns the tenant as it is kept.
   * @throws TenantNotFoundError when unknown, or deleted already.
   */
  async deleteTenant(id: string, reason: string): Promise<Tenant> {
    const deleted = await this.#transition(id, {
      status: 'deleted',
      statusReason: reason,
      deletedAt: new Date(),
    });
    this.logger.warn(`Tenant ${id} (${deleted.slug}) deleted`);
    this.events.emit('tenant.deleted', { ...asItIs(deleted), reason });
    return deleted;
  }

  #assertUsable({ plan, limits = {}, when, overLimit }: TenantUpdate): void {
    const problems = overrideProblems(this.plans.catalog, limits).map(({ name, message }) => ({
      field: `limits.${name}`,
      message,
    }));
    const ofPlan = Object.entries({ when, overLimit }).filter(([, value]) => value !== undefined);
    if (plan === undefined)
      problems.push(
        ...ofPlan.map(([field]) => ({ field, message: 'says how a plan is changed; give `plan` too' })),
      );
    problems.push(...choiceProblems({ when, overLimit }));
    if (problems.length > 0) throw new ValidationFailedError(problems);
  }

  async #transition(
    id: string,
    changes: TenantChanges & { readonly status: TenantStatus },
    among: readonly TenantStatus[] = LIVE_STATUSES,
  ): Promise<Tenant> {
    const from = among.filter((status) => mayBecome(status, changes.status));
    const updated = await this.#update(id, changes, from);
    if (updated) return updated;
    const { status } = await this.getTenant(id);
    throw new ConflictError(
      from.includes(status)
        ? `The tenant became ${status} just now, while it was to become ${changes.status}; try again.`
        : `The tenant is ${status}; it cannot become ${changes.status}.`,
    );
  }

  async #update(...update: Parameters<TenantStore['update']>): Promise<Tenant | undefined> {
    const updated = await this.store.update(...update);
    return updated && asOf(updated, new Date());
  }

  #tellUpdated({ tenant, changed }: WrittenTenant): Tenant {
    if (changed.length > 0) this.events.emit('tenant.updated', { ...asItIs(tenant), changed });
    return tenant;
  }
}

function existing(tenant: Tenant | undefined): Tenant {
  if (!tenant) throw new TenantNotFoundError();
  return tenant;
}

function asItIs({ id, slug, status, plan }: Tenant): TenantLifecycleEvent {
  return { tenantId: id, tenantSlug: slug, status, plan, at: new Date() };
}
