import type { INestApplication } from '@nestjs/common';
import type { Tenant } from '../../registry/tenant.js';
import { findLeaks } from './find-leaks.js';
import { LeakFoundError } from './leak-found.error.js';
import type { LeakTenant, NoLeakOptions } from './no-leak.options.js';
import type { NoLeakReport } from './no-leak.report.js';

/**
 * Attacks every route and gateway of a running application as one tenant that knows everything of another: its ids
 * in path, query, body and headers, its name in every place a tenant can be named, its cursors, ETags and
 * Idempotency-Keys. Looks for the other's data in bodies, headers, errors, logs, event streams, messages and caches,
 * for counts that move with the other's rows, for answers that tell what the other has, and for changes of the
 * other's data. That nothing was found counts only for routes of which both tenants were seen to get their own.
 *
 * Works on a test's own data: it creates, changes and deletes rows of both tenants. An application that does not
 * listen yet is made to, and stays so until it is closed.
 *
 * @returns what it saw.
 * @throws LeakFoundError with all leaks and all routes that were not proved; ConfigurationError when `exclude` or
 *   `samples` name what the application does not have.
 * @example
 * await expectNoLeak(app, {
 *   asTenant: (tenant) => ({ authorization: `Bearer ${tokenFor(tenant.id)}` }),
 *   samples: { 'POST /notes': ({ canary }) => ({ body: { title: canary } }) },
 *   exclude: { 'GET /health': 'says nothing of tenants' },
 * });
 */
export async function expectNoLeak<T extends LeakTenant = Tenant>(
  app: INestApplication,
  options: NoLeakOptions<T>,
): Promise<NoLeakReport> {
  const report = await findLeaks(app, options);
  const isProved =
    report.proved.length > 0 && (report.unproved.length === 0 || options.unproved === 'report');
  if (report.findings.length > 0 || !isProved) throw new LeakFoundError(report);
  return report;
}
