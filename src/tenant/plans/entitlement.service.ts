import { Injectable } from '@nestjs/common';
import {
  type Entitlement,
  type EntitlementOverrides,
  type EntitlementSource,
  overrideProblems,
  type SourcedEntitlements,
} from '../catalog/entitlements.js';
import type { LimitValue } from '../catalog/plan-definition.js';
import { PlanDirectory } from '../catalog/plan-directory.js';
import type { Enforcement, QuotaKind } from '../catalog/quota-terms.js';
import { getTenantContext } from '../context/tenant-scope.js';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { ValidationFailedError } from '../errors/request.errors.js';
import type { PlanChangePreview, PlanChangeTime } from '../registry/plan-changes.js';
import { TenantService } from '../registry/tenant.service.js';
import { explainUsage, type UsageExplanation } from './explain-usage.js';
import { originOf } from './origin-of.js';

/** A limit in effect, and how it holds. */
export interface LimitEntitlement extends Entitlement<LimitValue> {
  /** What it counts; null of a static value. */
  readonly kind: QuotaKind | null;
  /** What happens at the limit; null of a static value. */
  readonly enforcement: Enforcement | null;
}

/** What a tenant may do, each value with where it comes from. */
export interface TenantEntitlements extends SourcedEntitlements {
  /** uuid */
  readonly tenantId: string;
  readonly plan: string;
  readonly planVersion: number;
  readonly limits: Readonly<Record<string, LimitEntitlement>>;
}

/** Why one limit or feature has the value it has, and what can be done about it. */
export interface EntitlementExplanation extends Entitlement<LimitValue | boolean> {
  readonly name: string;
  readonly kind: 'limit' | 'feature';
  readonly source: EntitlementSource;
  readonly plan: string;
  readonly planVersion: number;
  /** What the tenant would have without its override. */
  readonly planValue: LimitValue | boolean;
  /** Of a feature: the plans sold today that include it. Of a limit: those that allow more. */
  readonly availableIn: readonly string[];
  /** One sentence: where the value comes from. */
  readonly origin: string;
  /** How much is used, and whether one more would be refused; null where nobody counts. */
  readonly usage: UsageExplanation | null;
}

/** What a tenant is to have instead of what its plan grants; what is left out, the plan decides. */
export interface TenantOverrides {
  /** A number of units from 0; null is unlimited. */
  readonly limits?: Readonly<Record<string, LimitValue>>;
  readonly features?: Readonly<Record<string, boolean>>;
}

/**
 * The rights of tenants, read from the registry: without an id, those of the tenant whose scope is running.
 *
 * @example
 * const { limits } = await entitlements.get(tenant.id);
 * limits.maxAgents; // { value: 50, source: 'override', kind: 'allocation', enforcement: 'hard' }
 */
@Injectable()
export class EntitlementService {
  constructor(
    private readonly tenants: TenantService,
    private readonly plans: PlanDirectory,
  ) {}

  /**
   * Every limit and feature of the tenant.
   *
   * @throws TenantNotFoundError; TenantScopeMissingError without an id outside a scope.
   */
  async get(tenantId: string = getTenantContext().tenantId): Promise<TenantEntitlements> {
    const { plan, planVersion, limits: overrides } = await this.tenants.getTenant(tenantId);
    const { limits, features } = this.plans.sourcedEntitlements(plan, planVersion, overrides);
    const held = Object.entries(limits).map(([name, limit]) => {
      const kind = this.plans.kindOf(name) ?? null;
      const enforcement = kind && this.plans.quotaTerms(plan, planVersion, name).enforcement;
      return [name, { ...limit, kind, enforcement }] as const;
    });
    return { tenantId, plan, planVersion, limits: Object.fromEntries(held), features };
  }

  /**
   * Where one value comes from, and where to get more. Of a limit that is counted: how much is used, whether one more
   * would be refused and why, and what would help.
   *
   * @throws TenantNotFoundError; ConfigurationError when the catalogue has no such limit or feature;
   *   TenantScopeMissingError without an id outside a scope.
   * @example
   * const { origin, usage } = await entitlements.explain('maxAgents', tenant.id);
   * origin; // 'maxAgents is 50: an override of this tenant; its plan free (version 2) would give 3.'
   * usage?.reason; // 'All 50 are used, and the limit is hard: one more is refused.'
   */
  async explain(
    name: string,
    tenantId: string = getTenantContext().tenantId,
  ): Promise<EntitlementExplanation> {
    const { plan, planVersion, limits: overrides } = await this.tenants.getTenant(tenantId);
    const { limits, features } = this.plans.sourcedEntitlements(plan, planVersion, overrides);
    const unchanged = this.plans.sourcedEntitlements(plan, planVersion, {});
    const common = { name, plan, planVersion };
    const limit = ownOf(limits, name);
    if (limit) {
      // Not `?.value ?? 0`: null is unlimited, and no absence.
      const { value: planValue } = unchanged.limits[name] ?? { value: 0 };
      const availableIn = this.#plansOver(name, limit.value);
      const counted = ownOf(await this.tenants.getTenantUsage(tenantId), name);
      return {
        ...common,
        kind: 'limit',
        ...limit,
        planValue,
        availableIn,
        origin: originOf({ ...common, ...limit, planValue }),
        usage: counted ? explainUsage(counted, availableIn) : null,
      };
    }
    const feature = ownOf(features, name);
    if (feature) {
      const planValue = unchanged.features[name]?.value ?? false;
      return {
        ...common,
        kind: 'feature',
        ...feature,
        planValue,
        availableIn: this.plans.plansWith(name),
        origin: originOf({ ...common, ...feature, planValue }),
        usage: null,
      };
    }
    throw new ConfigurationError(`The catalogue has no limit or feature "${name}".`);
  }

  /**
   * What would come of another plan, in the version sold today. Nothing is changed.
   *
   * @param when what `updateTenant` would be given.
   * @throws TenantNotFoundError; ValidationFailedError when the plan is not sold.
   * @example
   * const { direction, effectiveAt, overLimit } = await entitlements.previewPlanChange(tenant.id, 'free');
   * overLimit; // [{ resource: 'maxAgents', used: 8, allowed: 3, over: 5 }]
   */
  previewPlanChange(tenantId: string, plan: string, when?: PlanChangeTime): Promise<PlanChangePreview> {
    return this.tenants.previewPlanChange(tenantId, plan, when);
  }

  /**
   * Replaces all overrides of a tenant. They hold at once.
   *
   * @throws TenantNotFoundError; ValidationFailedError naming each that is no limit, no feature or no value.
   * @example
   * await entitlements.replaceOverrides(tenant.id, { limits: { maxAgents: 50 }, features: { sso: true } });
   */
  async replaceOverrides(
    tenantId: string,
    { limits = {}, features = {} }: TenantOverrides,
  ): Promise<TenantEntitlements> {
    const { catalog } = this.plans;
    const problems = [
      ...overrideProblems({ ...catalog, features: [] }, limits, 'is not a limit').map(inField('limits')),
      ...overrideProblems({ ...catalog, limits: [] }, features, 'is not a feature').map(inField('features')),
    ];
    if (problems.length > 0) throw new ValidationFailedError(problems);
    const overrides: EntitlementOverrides = { ...limits, ...features };
    await this.tenants.updateTenant(tenantId, { limits: overrides });
    return this.get(tenantId);
  }

  #plansOver(name: string, value: LimitValue): string[] {
    if (value === null) return [];
    return this.plans.names.filter((plan) => {
      const offered = this.plans.current(plan)?.limits[name];
      return offered === null || (offered !== undefined && offered > value);
    });
  }
}

const inField =
  (field: string) =>
  ({ name, message }: { name: string; message: string }) => ({ field: `${field}.${name}`, message });

/** The name may be a client's, and `constructor` is no limit. */
function ownOf<Value>(values: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}
