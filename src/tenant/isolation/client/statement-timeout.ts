import type { TenantContext } from '../../context/tenant-context.js';
import { ConfigurationError } from '../../errors/isolation.errors.js';

/**
 * How long the server lets one statement of a tenant run, in milliseconds: a whole number from 1 to 2,147,483,647, for
 * all tenants or as the tenant says. Where that says undefined or null, the server's own `statement_timeout` holds.
 */
export type StatementTimeout = number | ((tenant: TenantContext) => number | null | undefined);

/** What fits into a setting of the server. 0 would be none at all. */
const MOST_MS = 2_147_483_647;

/** @throws ConfigurationError for a number out of range. What a function says is seen when it says it. */
export function assertStatementTimeout(timeout: StatementTimeout | undefined): void {
  if (timeout !== undefined && typeof timeout !== 'function') inRange(timeout);
}

/** @throws ConfigurationError for a number out of range, and whatever the function throws: no statement runs then. */
export function statementTimeoutOf(
  timeout: StatementTimeout | undefined,
  tenant: TenantContext,
): number | undefined {
  const timeoutMs = typeof timeout === 'function' ? timeout(tenant) : timeout;
  return timeoutMs === undefined || timeoutMs === null ? undefined : inRange(timeoutMs);
}

function inRange(timeoutMs: number): number {
  if (Number.isSafeInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= MOST_MS) return timeoutMs;
  throw new ConfigurationError(
    `statementTimeoutMs is ${String(timeoutMs)}; set milliseconds, a whole number from 1 to ${MOST_MS}, or leave it out for the server's own.`,
  );
}
