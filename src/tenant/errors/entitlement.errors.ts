import { TenantError } from './tenant.error.js';

/** An allocation limit of the plan holds: waiting does not help, deleting something or upgrading does. */
export class LimitReachedError extends TenantError {
  constructor(
    readonly resource: string,
    readonly limit: number,
  ) {
    super('LIMIT_REACHED', `The limit of ${limit} for ${resource} is reached.`, {
      extensions: { resource, limit },
    });
  }
}

export class FeatureNotEntitledError extends TenantError {
  constructor(
    readonly feature: string,
    readonly plan: string,
    readonly availableIn: readonly string[],
  ) {
    super('FEATURE_NOT_ENTITLED', `${feature} is not in the plan ${plan}.`, {
      extensions: { feature, plan, availableIn },
    });
  }
}
