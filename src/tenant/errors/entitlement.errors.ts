import { TenantError } from './tenant.error.js';

/** An allocation limit of the plan holds: waiting does not help, deleting something or upgrading does. HTTP 403. */
export class LimitReachedError extends TenantError {
  constructor(
    readonly resource: string,
    readonly limit: number,
    /** How much there is, where it was counted. */
    readonly used?: number,
  ) {
    super('LIMIT_REACHED', `The limit of ${limit} for ${resource} is reached.`, {
      extensions: { resource, limit, ...(used !== undefined && { used }) },
    });
  }
}

/** The tenant's plan has not what the route is for. The plans that have it are named. HTTP 403. */
export class FeatureNotEntitledError extends TenantError {
  constructor(
    readonly feature: string,
    readonly plan: string,
    readonly availableIn: readonly string[],
  ) {
    const where = availableIn.length > 0 ? ` It is in: ${availableIn.join(', ')}.` : '';
    super('FEATURE_NOT_ENTITLED', `${feature} is not in the plan ${plan}.${where}`, {
      extensions: { feature, plan, availableIn },
    });
  }
}
