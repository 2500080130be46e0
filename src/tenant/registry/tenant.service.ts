import { randomUUID } from 'node:crypto';
import { Logger, type LoggerService } from '@nestjs/common';
import { PLAN_CATALOG, type TenantPlan } from '../catalog/plan-catalog.js';
import { type EntitlementOverrides, overrideProblems } from '../catalog/entitlements.js';
import { PlanDirectory } from '../catalog/plan-directory.js';
import type { PlanDefinition } from '../catalog/plan-definition.js';
import { ConflictError, TenantNotFoundError, ValidationFailedError } from '../errors/request.errors.js';
import { TenantEvents, type TenantLifecycleEvent } from '../events/tenant-events.js';
import { mergeMetadata } from './merge-metadata.js';
import { chosenSlug, slugFrom } from './slug.js';
import { checkedMetadata, checkedName } from './tenant-input.js';
import { LIVE_STATUSES, mayBecome } from './tenant-status.js';
import type { TenantChanges, TenantPage, TenantStore } from './tenant.store.js';
import { NOTHING_COUNTED, type TenantUsage, usageAgainst, type UsageSource } from './tenant-usage.js';
import type { LiveTenantStatus, Tenant, TenantMetadata, TenantStatus } from './tenant.js';

/** What need not be said of a new tenant. */
export interface NewTenantOptions {
  /**
   * For a name that makes none, or one that is taken. Case is folded; otherwise it must be a slug as it is.
   *
   * @default made from the name
   */
  readonly slug?: string | undefined;
}

/** What to change of a tenant; what is left out stays as it is. */
export interface TenantUpdate {
  readonly name?: string;
  /** Merged; a key set to null is removed. */
  readonly metadata?: TenantMetadata;
  /** Takes effect at once, in the version sold today. */
  readonly plan?: TenantPlan;
  /** Replaces this tenant's overrides of limits and features. */
  readonly limits?: EntitlementOverrides;
}

/** Which tenants to list. */
export interface TenantFilter {
  /** @default any a tenant there still is may have */
  readonly status?: LiveTenantStatus | undefined;
}

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
  constructor(
    private readonly store: TenantStore,
    private readonly logger: LoggerService = new Logger(TenantService.name),
    private readonly plans: PlanDirectory = new PlanDirectory(PLAN_CATALOG),
    private readonly events: TenantEvents = new TenantEvents(logger),
    private readonly usage: UsageSource = NOTHING_COUNTED,
  ) {}

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
    const { version } = this.#sold(plan);
    const now = new Date();
    const tenant = await this.store.insert({
      id: randomUUID(),
      name: checkedName(name),
      slug: slug === undefined ? slugFrom(name) : chosenSlug(slug),
      status: this.#startingStatus(plan),
      statusReason: null,
      plan,
      planVersion: version,
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
    return tenant?.status === 'deleted' ? undefined : tenant;
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
   * const { maxAgents } = await tenants.getTenantUsage(id); // { used: 3, limit: 10, utilization: 0.3 }
   */
  async getTenantUsage(id: string): Promise<TenantUsage> {
    const { plan, planVersion, limits: overrides } = await this.getTenant(id);
    const { limits } = this.plans.entitlements(plan, planVersion, overrides);
    return usageAgainst(limits, await this.usage.usageOf(id));
  }

  /** One page, newest first; the next one comes `after` the last tenant of this one. */
  listTenants({ status, ...page }: Omit<TenantPage, 'statuses'> & TenantFilter): Promise<Tenant[]> {
    const statuses = LIVE_STATUSES.filter((live) => status === undefined || status === live);
    return this.store.list({ ...page, statuses });
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
   * @throws TenantNotFoundError, ValidationFailedError
   */
  async updateTenant(id: string, { name, metadata, plan, limits }: TenantUpdate): Promise<Tenant> {
    const problems = limits ? overrideProblems(this.plans.catalog, limits) : [];
    if (problems.length > 0) {
      throw new ValidationFailedError(problems.map((message) => ({ field: 'limits', message })));
    }
    const changes = {
      ...(name !== undefined && { name: checkedName(name) }),
      ...(metadata !== undefined && { metadata: checkedMetadata(metadata) }),
      ...(plan !== undefined && { plan, planVersion: this.#sold(plan).version }),
      ...(limits !== undefined && { limits }),
    };
    const changed = Object.keys(changes).filter((field) => field !== 'planVersion');
    if (changed.length === 0) return this.getTenant(id);
    const started = plan !== undefined && (await this.#endTrial(id, plan, changes));
    const updated = started || existing(await this.store.update(id, changes, LIVE_STATUSES));
    if (started) changed.push('status');
    this.events.emit('tenant.updated', { ...asItIs(updated), changed });
    return updated;
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
    const { plan } = await this.getTenant(id);
    const changes = { status: this.#startingStatus(plan), statusReason: null };
    const woken = await this.#transition(id, changes, ['suspended']);
    // A plan with a price may have been bought after the plan was read.
    const reactivated = (await this.#endTrial(id, woken.plan)) ?? woken;
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

  async #transition(
    id: string,
    changes: TenantChanges & { readonly status: TenantStatus },
    among: readonly TenantStatus[] = LIVE_STATUSES,
  ): Promise<Tenant> {
    const from = among.filter((status) => mayBecome(status, changes.status));
    const updated = await this.store.update(id, changes, from);
    if (updated) return updated;
    const { status } = await this.getTenant(id);
    throw new ConflictError(
      from.includes(status)
        ? `The tenant became ${status} just now, while it was to become ${changes.status}; try again.`
        : `The tenant is ${status}; it cannot become ${changes.status}.`,
    );
  }

  /** Makes the changes and ends the trial, if the tenant is on one and the plan has a price. */
  async #endTrial(id: string, plan: string, changes: TenantChanges = {}): Promise<Tenant | undefined> {
    const status = this.#startingStatus(plan);
    const from = (['trial'] as const).filter((trial) => mayBecome(trial, status));
    return from.length === 0 ? undefined : this.store.update(id, { ...changes, status }, from);
  }

  #sold(plan: string): PlanDefinition {
    const definition = this.plans.current(plan);
    if (definition) return definition;
    throw new ValidationFailedError([
      { field: 'plan', message: `must be one of ${this.plans.names.join(', ')}` },
    ]);
  }

  #startingStatus(plan: string): LiveTenantStatus {
    return this.plans.current(plan)?.priceCents === 0 ? 'trial' : 'active';
  }
}

function existing(tenant: Tenant | undefined): Tenant {
  if (!tenant) throw new TenantNotFoundError();
  return tenant;
}

function asItIs({ id, slug, status, plan }: Tenant): TenantLifecycleEvent {
  return { tenantId: id, tenantSlug: slug, status, plan, at: new Date() };
}
