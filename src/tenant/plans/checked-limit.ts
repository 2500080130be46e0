import type { ExecutionContext, Type } from '@nestjs/common';
import type { TenantContext } from '../context/tenant-context.js';

/** Of a method: a list, one for each decorator. */
export const CHECKED_LIMITS = '@parallax/tenant:checked-limits';

/** A provider that knows how much of a limit the tenant of the running scope uses. */
export interface UsageCounter {
  countUsage(tenant: TenantContext, context: ExecutionContext): number | Promise<number>;
}

/**
 * How `@CheckLimit` finds out what the tenant uses: the class of a provider, or a function. The answer is a number
 * from 0, in the units of the limit; any other ends the call with ConfigurationError.
 *
 * @example
 * const countProjects: LimitCounter = () => projects.count(); // runs in the tenant's scope
 */
export type LimitCounter =
  Type<UsageCounter> | ((tenant: TenantContext, context: ExecutionContext) => number | Promise<number>);

export interface CheckedLimit {
  readonly limit: string;
  readonly counter: LimitCounter;
}
