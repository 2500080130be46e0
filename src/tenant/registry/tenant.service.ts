import { randomUUID } from 'node:crypto';
import { Logger, type LoggerService } from '@nestjs/common';
import { PLAN_CATALOG, type TenantPlan } from '../catalog/plan-catalog.js';
import { type EntitlementOverrides, overrideProblems } from '../catalog/entitlements.js';
import { PlanDirectory } from '../catalog/plan-directory.js';
import type { PlanDefinition } from '../catalog/plan-definition.js';
import { ConflictError, TenantNotFoundError, ValidationFailedError } from '../errors/request.errors.js';
import { slugFrom } from './slug.js';
import type { TenantPage, TenantStore } from './tenant.store.js';
import type { Tenant, TenantMetadata, TenantStatus } from './tenant.js';

export interface TenantUpdate {
  readonly name?: string;
  /** Merged; a key set to null is removed. */
  readonly metadata?: TenantMetadata;
  /** Takes effect at once, in the version sold today. */
  readonly plan?: TenantPlan;
  /** Replaces this tenant's overrides of limits and features. */
  readonly limits?: EntitlementOverrides;
}

const LIVE: readonly TenantStatus[] = ['trial', 'active', 'suspended'];
const NAME_MAX_LENGTH = 200;

/**
 * The registry of tenants.
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
  ) {}

  /**
   * Creates a tenant whose slug is made from its name. A plan without a price starts as a trial.
   *
   * @throws ConflictError when another tenant has, or had, that slug.
   * @throws ValidationFailedError when the name or plan is not usable.
   */
  async createTenant(
    name: string,
    metadata: TenantMetadata = {},
    plan: TenantPlan = 'free',
  ): Promise<Tenant> {
    const { version } = this.#sold(plan);
    const now = new Date();
    const tenant = await this.store.insert({
      id: randomUUID(),
      name: checkedName(name),
      slug: slugFrom(name),
      status: this.#startingStatus(plan),
      statusReason: null,
      plan,
      planVersion: version,
      metadata,
      limits: {},
      priceCents: null,
      periodAnchor: now,
      placement: 'shared',
      createdAt: now,
      updatedAt: now,
      deletedAt: null,
    });
    this.logger.log(`Tenant ${tenant.id} (${tenant.slug}) created on plan ${plan}`);
    return tenant;
  }

  /** The tenant, or undefined when unknown or deleted. */
  async findTenant(by: { readonly id: string } | { readonly slug: string }): Promise<Tenant | undefined> {
    const tenant = await ('id' in by ? this.store.findById(by.id) : this.store.findBySlug(by.slug));
    return tenant?.status === 'deleted' ? undefined : tenant;
  }

  /** @throws TenantNotFoundError when unknown or deleted. */
  async getTenant(id: string): Promise<Tenant> {
    return existing(await this.findTenant({ id }));
  }

  /** @throws TenantNotFoundError when unknown or deleted. */
  async getTenantBySlug(slug: string): Promise<Tenant> {
    return existing(await this.findTenant({ slug }));
  }

  /**
   * Changes a tenant. Moving to a plan that has a price ends a trial.
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
      ...(metadata !== undefined && { metadata }),
      ...(plan !== undefined && { plan, planVersion: this.#sold(plan).version }),
      ...(limits !== undefined && { limits }),
    };
    const endsTrial = plan !== undefined && this.#startingStatus(plan) === 'active';
    const started = endsTrial && (await this.store.update(id, { ...changes, status: 'active' }, ['trial']));
    return started || existing(await this.store.update(id, changes, LIVE));
  }

  /**
   * Stops a tenant from acting. Nothing of it is deleted.
   *
   * @throws TenantNotFoundError; ConflictError when it is suspended already.
   */
  async suspendTenant(id: string, reason: string): Promise<Tenant> {
    const changes = { status: 'suspended' as const, statusReason: reason };
    const suspended = await this.#transition(id, changes, ['trial', 'active']);
    this.logger.warn(`Tenant ${id} suspended`);
    return suspended;
  }

  /** @throws TenantNotFoundError; ConflictError when it is not suspended. */
  async reactivateTenant(id: string): Promise<Tenant> {
    const { plan } = await this.getTenant(id);
    const changes = { status: this.#startingStatus(plan), statusReason: null };
    const reactivated = await this.#transition(id, changes, ['suspended']);
    this.logger.log(`Tenant ${id} reactivated`);
    return reactivated;
  }

  /** Newest first. */
  listTenants(page: TenantPage): Promise<Tenant[]> {
    return this.store.list(page);
  }

  async #transition(
    id: string,
    changes: { status: TenantStatus; statusReason: string | null },
    from: readonly TenantStatus[],
  ): Promise<Tenant> {
    const updated = await this.store.update(id, changes, from);
    if (updated) return updated;
    const { status } = await this.getTenant(id);
    throw new ConflictError(`The tenant is ${status}; it cannot become ${changes.status}.`);
  }

  #sold(plan: string): PlanDefinition {
    const definition = this.plans.current(plan);
    if (definition) return definition;
    throw new ValidationFailedError([
      { field: 'plan', message: `must be one of ${this.plans.names.join(', ')}` },
    ]);
  }

  #startingStatus(plan: string): TenantStatus {
    return this.plans.current(plan)?.priceCents === 0 ? 'trial' : 'active';
  }
}

function existing(tenant: Tenant | undefined): Tenant {
  if (!tenant) throw new TenantNotFoundError();
  return tenant;
}

function checkedName(name: string): string {
  const trimmed = name.trim();
  if (trimmed.length === 0 || trimmed.length > NAME_MAX_LENGTH) {
    throw new ValidationFailedError([
      { field: 'name', message: `must have 1 to ${NAME_MAX_LENGTH} characters` },
    ]);
  }
  return trimmed;
}
