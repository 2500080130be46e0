import { billingPeriod } from '../catalog/billing-period.js';
import { comparePlans, type PlanDirection } from '../catalog/compare-plans.js';
import type { Entitlement, EntitlementSource, SourcedEntitlements } from '../catalog/entitlements.js';
import type { LimitValue, PlanDefinition } from '../catalog/plan-definition.js';
import type { PlanDirectory } from '../catalog/plan-directory.js';
import { ConflictError, type FieldProblem, ValidationFailedError } from '../errors/request.errors.js';
import type { TenantPlanState } from './plan-in-effect.js';
import { type TenantUsage, usageAgainst, type UsageSource } from './tenant-usage.js';
import type { Tenant } from './tenant.js';

/** When another plan becomes the tenant's: at once, or when its billing period ends. */
export type PlanChangeTime = 'now' | 'period-end';

/** What of a tenant's use the other plan would not allow. */
export interface OverLimit {
  /** The name of the limit. */
  readonly resource: string;
  readonly used: number;
  readonly allowed: number;
  /** used − allowed */
  readonly over: number;
}

/** A limit whose value the other plan changes. */
export interface LimitChange {
  readonly name: string;
  /** Effective, as `to` is; null is unlimited. Both are the override, where the source is one: it stays. */
  readonly from: LimitValue;
  readonly to: LimitValue;
  readonly source: EntitlementSource;
}

/** What would come of moving a tenant to another plan. */
export interface PlanChangePreview {
  readonly from: { readonly plan: string; readonly planVersion: number };
  readonly to: { readonly plan: string; readonly planVersion: number };
  readonly direction: PlanDirection;
  /** When it would hold. */
  readonly effectiveAt: Date;
  readonly limits: readonly LimitChange[];
  readonly gainedFeatures: readonly string[];
  readonly lostFeatures: readonly string[];
  /**
   * What the tenant uses too much of for the new plan: all of it stays and can be read, changed and deleted, and no
   * more can be made before use is below the limit. Use that starts from 0 by then is left out.
   */
  readonly overLimit: readonly OverLimit[];
}

/** Another plan for a tenant, and how it is to come about. */
export interface PlanChoice {
  readonly plan: string;
  readonly when?: PlanChangeTime | undefined;
  readonly overLimit?: 'allow' | 'block' | undefined;
}

/** What moving between plans means. Tenants it is given are as they are now. */
export class PlanChanges {
  constructor(
    private readonly plans: PlanDirectory,
    private readonly usage: UsageSource,
  ) {}

  /**
   * What becomes of a tenant's plan when this one is chosen: the plan at once, or a plan that is scheduled.
   *
   * @throws ValidationFailedError; ConflictError when it would be over a limit and that is to block.
   */
  async choose(tenant: Tenant, choice: PlanChoice, at: Date): Promise<TenantPlanState> {
    const { version: planVersion } = soldToday(choice.plan, this.plans);
    const target = { plan: choice.plan, planVersion };
    if (tenant.plan === target.plan && tenant.planVersion === planVersion)
      return { ...target, scheduledPlan: null };
    const { effectiveAt } = this.#compared(tenant, choice, at);
    if (choice.overLimit === 'block') await this.#assertFits(tenant, choice, at);
    return effectiveAt > at
      ? { plan: tenant.plan, planVersion: tenant.planVersion, scheduledPlan: { ...target, effectiveAt } }
      : { ...target, scheduledPlan: null };
  }

  /** @throws ValidationFailedError when the plan is not sold. */
  async preview(tenant: Tenant, choice: PlanChoice, at: Date): Promise<PlanChangePreview> {
    const problems = choiceProblems(choice);
    if (problems.length > 0) throw new ValidationFailedError(problems);
    const { target, effectiveAt, limits, ...compared } = this.#compared(tenant, choice, at);
    const { plan, planVersion, limits: overrides } = tenant;
    const before = this.plans.sourcedEntitlements(plan, planVersion, overrides);
    const after = this.plans.sourcedEntitlements(target.plan, target.planVersion, overrides);
    const limitIn = ({ limits: all }: SourcedEntitlements, name: string): Entitlement<LimitValue> =>
      all[name] ?? { value: 0, source: 'default' };
    const isOwn = (feature: string): boolean => after.features[feature]?.source === 'override';
    return {
      from: { plan, planVersion },
      to: target,
      direction: compared.direction,
      effectiveAt,
      limits: limits.map((name) => ({
        name,
        from: limitIn(before, name).value,
        to: limitIn(after, name).value,
        source: limitIn(after, name).source,
      })),
      gainedFeatures: compared.gainedFeatures.filter((feature) => !isOwn(feature)),
      lostFeatures: compared.lostFeatures.filter((feature) => !isOwn(feature)),
      overLimit: overLimits(
        usageAgainst({ ...target, limits: overrides }, await this.usage.usageOf(tenant.id), this.plans, at),
        effectiveAt,
      ),
    };
  }

  #compared(tenant: Tenant, { plan, when }: PlanChoice, at: Date) {
    const to = soldToday(plan, this.plans);
    const from = this.plans.definition(tenant.plan, tenant.planVersion);
    const compared = comparePlans(this.plans.catalog, from, to);
    const time = when ?? (compared.direction === 'downgrade' ? 'period-end' : 'now');
    return {
      ...compared,
      target: { plan, planVersion: to.version },
      effectiveAt: time === 'now' ? at : billingPeriod(tenant.periodAnchor, at).end,
    };
  }

  async #assertFits(tenant: Tenant, choice: PlanChoice, at: Date): Promise<void> {
    const { overLimit } = await this.preview(tenant, choice, at);
    if (overLimit.length === 0) return;
    const listed = overLimit.map(({ resource, used, allowed }) => `${resource} (${used} of ${allowed})`);
    throw new ConflictError(
      `The tenant uses more than the plan ${choice.plan} allows: ${listed.join(', ')}. Reduce that first, or ` +
        'allow it to be over the limit.',
      { extensions: { overLimit } },
    );
  }
}

function overLimits(usage: TenantUsage, effectiveAt: Date): OverLimit[] {
  return Object.entries(usage).flatMap(([resource, { used, limit: allowed, resetsAt }]) => {
    const startsAnew = resetsAt !== null && resetsAt <= effectiveAt;
    return startsAnew || allowed === null || used <= allowed
      ? []
      : [{ resource, used, allowed, over: used - allowed }];
  });
}

/** What is wrong with how a plan is to be changed: callers without types get it checked too. */
export function choiceProblems({ when, overLimit }: Omit<PlanChoice, 'plan'>): FieldProblem[] {
  const allowed = { when: ['now', 'period-end'], overLimit: ['allow', 'block'] };
  return Object.entries({ when, overLimit }).flatMap(([field, value]) => {
    const values = allowed[field as keyof typeof allowed];
    return value === undefined || values.includes(value)
      ? []
      : [{ field, message: `must be one of ${values.join(', ')}` }];
  });
}

/** @throws ValidationFailedError when the plan is not sold. */
export function soldToday(plan: string, plans: PlanDirectory): PlanDefinition {
  const definition = plans.current(plan);
  if (definition) return definition;
  throw new ValidationFailedError([{ field: 'plan', message: `must be one of ${plans.names.join(', ')}` }]);
}
