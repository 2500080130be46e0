import { tryGetTenantContext } from '@parallax/tenant';
import { currentRequestLog, type RequestLog } from './request-log.js';

/** Adds to what the access log will say; the tenant is taken along, since that line is written outside its scope. */
export function noteInRequestLog(note: Partial<Pick<RequestLog, 'code' | 'route'>> = {}): void {
  const log = currentRequestLog();
  if (!log) return;
  Object.assign(log, note);
  log.tenantId ??= tryGetTenantContext()?.tenantId;
}
