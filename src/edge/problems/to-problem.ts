import { HttpException } from '@nestjs/common';
import { TenantError } from '@parallax/tenant';
import { databaseProblem } from './database-problem.js';
import type { Problem } from './problem.js';
import { statusProblem } from './status-problem.js';

/**
 * What a client gets to read about anything that was thrown. An error of the library speaks for itself; of all
 * others only the status or the SQLSTATE counts, since their texts repeat what was sent or name what is inside.
 */
export function toProblem(thrown: unknown): Problem {
  const tenantError = tenantErrorOf(thrown);
  if (tenantError) return ownProblem(tenantError);
  if (thrown instanceof HttpException) return statusProblem(thrown.getStatus());
  return databaseProblem(thrown) ?? statusProblem(500);
}

/** A refusal of the library's own pool arrives wrapped the way TypeORM wraps a server's. */
function tenantErrorOf(thrown: unknown): TenantError | undefined {
  if (thrown instanceof TenantError) return thrown;
  const driverError = (thrown as { driverError?: unknown } | null | undefined)?.driverError;
  return driverError instanceof TenantError ? driverError : undefined;
}

function ownProblem(error: TenantError): Problem {
  const status = error.getStatus();
  return status === 500 ? statusProblem(500) : (error.getResponse() as Problem);
}
