import { HttpException } from '@nestjs/common';
import { TenantError, type TenantErrorCode } from '../errors/tenant.error.js';

/** Work that was refused further in. */
const REFUSALS: ReadonlySet<TenantErrorCode> = new Set([
  'QUOTA_EXCEEDED',
  'CONCURRENCY_LIMITED',
  'RATE_LIMITED',
  'LIMIT_REACHED',
  'FEATURE_NOT_ENTITLED',
]);

/**
 * Whether failed work is not the caller's to pay for: the server failed, ran out of time, or refused the work itself.
 * What a caller did wrong is charged. Callers can bring about some of these errors, so what they get back is not for
 * this to bound: the store stops at the plan's `refundCap`.
 */
export function isRefundable(error: unknown): boolean {
  if (error instanceof TenantError && REFUSALS.has(error.code)) return true;
  if (!(error instanceof HttpException)) return true;
  const status = error.getStatus();
  // 408 is NestJS's RequestTimeoutException, thrown where the server took too long.
  return status >= 500 || status === 408;
}
