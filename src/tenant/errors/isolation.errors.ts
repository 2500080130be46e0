import { TenantError } from './tenant.error.js';

/** Tenant data was asked for outside a tenant's scope. Nothing was sent to the database. */
export class TenantScopeMissingError extends TenantError {
  constructor(doing: string) {
    super(
      'TENANT_SCOPE_MISSING',
      `${doing} outside a tenant scope. Run it inside a request that TenantGuard let in, or inside ` +
        'runWithTenantContext({ tenantId }, fn); for work over several tenants use runAsPlatform(…).',
    );
  }
}

const FINISH_FIRST =
  'Finish the transaction first, or use a query runner of its own inside runWithTenantContext.';

/** Work of one tenant met a connection, transaction or answer of another. Nothing of it went on. */
export class TenantScopeMismatchError extends TenantError {
  constructor(what: string, fix = FINISH_FIRST) {
    super('TENANT_SCOPE_MISMATCH', `${what}. ${fix}`);
  }
}

/** An entity of one tenant was written or read in the scope of another. */
export class TenantMismatchError extends TenantError {
  constructor(message: string) {
    super('TENANT_MISMATCH', message);
  }
}

/** A statement that could reach around the scope was stopped before the server saw it. */
export class StatementRefusedError extends TenantError {
  constructor(reason: string) {
    super('STATEMENT_REFUSED', `Statement refused in a tenant scope: ${reason}`);
  }
}

/** Something about the set-up would make isolation a matter of luck. Raised at start; the service does not run. */
export class ConfigurationError extends TenantError {
  constructor(message: string) {
    super('CONFIGURATION_INVALID', message);
  }
}
