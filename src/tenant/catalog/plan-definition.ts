import type { QuotaKind, QuotaTerms } from './quota-terms.js';

/** A number of units; `null` is unlimited, `0` is none. */
export type LimitValue = number | null;

/** One version of one plan. A version is never edited: a change is a new version. */
export interface PlanDefinition<Limit extends string = string, Feature extends string = string> {
  /** Counts up from 1. */
  readonly version: number;
  /** List price per month in cents; `null` is agreed per tenant. */
  readonly priceCents: number | null;
  readonly limits: Readonly<Record<Limit, LimitValue>>;
  /** The features the plan includes; all others it does not. */
  readonly features: readonly Feature[];
  /** How counted limits are held; one that is left out is hard, with the default alerts. */
  readonly quotas?: Readonly<Partial<Record<NoInfer<Limit>, QuotaTerms>>>;
}

/**
 * The plans an application sells today, by name, and every limit and feature they may speak of. Made by `definePlans`,
 * which checks it.
 */
export interface PlanCatalog<
  Limit extends string = string,
  Feature extends string = string,
  Plan extends string = string,
> {
  readonly limits: readonly Limit[];
  /** What each counted limit counts; a limit left out is a static value. */
  readonly kinds?: Readonly<Partial<Record<NoInfer<Limit>, QuotaKind>>>;
  /** Of limits of kind `rate`: the seconds of their window, from 1 to 31 days. A limit left out counts over 60. */
  readonly windows?: Readonly<Partial<Record<NoInfer<Limit>, number>>>;
  readonly features: readonly Feature[];
  readonly plans: Readonly<Record<Plan, PlanDefinition<Limit, Feature>>>;
}
