import { LimitReachedError } from '../../errors/entitlement.errors.js';
import { TenantError } from '../../errors/tenant.error.js';
import { statementError } from '../client/server-away.js';

/** Raised by the trigger that holds an allocation limit; its detail is the limit as JSON. */
const LIMIT_REACHED = 'TN001';

/**
 * The tenancy error a database driver's error stands for, if it does for one: raised by this library's own pool or
 * by its triggers, or because the server went away.
 */
export function tenantErrorFrom(driverError: unknown): TenantError | undefined {
  if (driverError instanceof TenantError) return driverError;
  if (isObject(driverError) && driverError.code === LIMIT_REACHED) return limitReached(driverError.detail);
  return statementError(driverError);
}

function limitReached(detail: unknown): LimitReachedError | undefined {
  const limit = typeof detail === 'string' ? parsed(detail) : undefined;
  if (!isObject(limit) || typeof limit.resource !== 'string' || typeof limit.limit !== 'number')
    return undefined;
  const used = typeof limit.used === 'number' ? limit.used : undefined;
  return new LimitReachedError(limit.resource, limit.limit, used);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
