import { TenantError, type TenantErrorOptions } from './tenant.error.js';

/** No source named a tenant on a route that needs one. */
export class TenantRequiredError extends TenantError {
  constructor(sources: readonly string[]) {
    const how = sources.length > 0 ? ` Name one by: ${sources.join(', ')}.` : '';
    super('TENANT_REQUIRED', `This needs a tenant.${how}`);
  }
}

/** A source held something that cannot be a tenant id or slug. The value is never repeated. */
export class TenantInvalidError extends TenantError {
  constructor(source: string) {
    super('TENANT_INVALID', `The tenant given by ${source} is not one well-formed tenant id or slug.`);
  }
}

/** Two sources of one request named different tenants. */
export class TenantConflictError extends TenantError {
  constructor(sources: readonly string[]) {
    super('TENANT_CONFLICT', `These name different tenants: ${sources.join(', ')}. Send one of them.`);
  }
}

/** Unknown, deleted, or not the caller's: one answer for the three, so that none can be told from another. */
export class TenantNotFoundError extends TenantError {
  constructor() {
    super('TENANT_NOT_FOUND', 'There is no such tenant.');
  }
}

export class TenantSuspendedError extends TenantError {
  constructor(readonly tenantId: string) {
    super('TENANT_SUSPENDED', `Tenant ${tenantId} is suspended.`, { detail: 'This tenant is suspended.' });
  }
}

export class UnauthenticatedError extends TenantError {
  constructor(message = 'A valid credential is required.', options: TenantErrorOptions = {}) {
    super('UNAUTHENTICATED', message, { detail: 'A valid credential is required.', ...options });
  }
}

export class ForbiddenError extends TenantError {
  constructor(message = 'You may not do this.', options: TenantErrorOptions = {}) {
    super('FORBIDDEN', message, options);
  }
}

/** Unknown and foreign alike: the answer never tells which. */
export class NotFoundError extends TenantError {
  constructor(what = 'resource') {
    super('NOT_FOUND', `There is no such ${what}.`);
  }
}

export interface FieldProblem {
  /** Where, as a dotted path into the body or the name of the parameter. */
  readonly field: string;
  readonly message: string;
}

export class ValidationFailedError extends TenantError {
  constructor(readonly errors: readonly FieldProblem[]) {
    const listed = errors.map(({ field, message }) => `${field}: ${message}`).join('; ');
    super('VALIDATION_FAILED', `The request is not valid. ${listed}`, {
      detail: 'The request is not valid; see `errors`.',
      extensions: { errors },
    });
  }
}

export class ConflictError extends TenantError {
  constructor(message: string) {
    super('CONFLICT', message);
  }
}

/** A store this answer needs is away. Nothing was done; try again. */
export class UnavailableError extends TenantError {
  constructor(message: string, options: TenantErrorOptions = {}) {
    super('UNAVAILABLE', message, { detail: 'A dependency is unavailable; try again shortly.', ...options });
  }
}
