import { TenantError, type TenantErrorOptions } from './tenant.error.js';

/** No source named a tenant on a route that needs one. HTTP 400. */
export class TenantRequiredError extends TenantError {
  constructor(sources: readonly string[]) {
    const how = sources.length > 0 ? ` Name one by: ${sources.join(', ')}.` : '';
    super('TENANT_REQUIRED', `This needs a tenant.${how}`);
  }
}

/**
 * A source held something that cannot be a tenant id or slug. The value is never repeated. HTTP 400.
 *
 * @example
 * if (domains.length > 1) throw new TenantInvalidError(this.source); // in a resolver of your own
 */
export class TenantInvalidError extends TenantError {
  constructor(source: string) {
    super('TENANT_INVALID', `The tenant given by ${source} is not one well-formed tenant id or slug.`);
  }
}

/** Two sources of one request named different tenants, and the option `conflict` is `reject`. HTTP 400. */
export class TenantConflictError extends TenantError {
  constructor(sources: readonly string[]) {
    super('TENANT_CONFLICT', `These name different tenants: ${sources.join(', ')}. Send one of them.`);
  }
}

/** Unknown, deleted, or not the caller's: one answer for the three, so that none can be told from another. HTTP 404. */
export class TenantNotFoundError extends TenantError {
  constructor() {
    super('TENANT_NOT_FOUND', 'There is no such tenant.');
  }
}

/** The tenant is suspended: it may not act until somebody reactivates it. HTTP 403. */
export class TenantSuspendedError extends TenantError {
  constructor(readonly tenantId: string) {
    super('TENANT_SUSPENDED', `Tenant ${tenantId} is suspended.`, { detail: 'This tenant is suspended.' });
  }
}

/**
 * Nobody vouches for the caller: there is no credential, or it does not hold. HTTP 401. The message is no client's to
 * read: unless `detail` says more, every one reads the same sentence, whatever was wrong.
 *
 * @example
 * if (!verified) throw new UnauthenticatedError(`The token of ${issuer} has expired.`);
 */
export class UnauthenticatedError extends TenantError {
  constructor(message = 'A valid credential is required.', options: TenantErrorOptions = {}) {
    super('UNAUTHENTICATED', message, { detail: 'A valid credential is required.', ...options });
  }
}

/**
 * The caller is known and lacks the permission. HTTP 403. Clients read the message; give `detail` where they should
 * read something else.
 *
 * @example
 * throw new ForbiddenError('Only owners of the workspace may invite.');
 */
export class ForbiddenError extends TenantError {
  constructor(message = 'You may not do this.', options: TenantErrorOptions = {}) {
    super('FORBIDDEN', message, options);
  }
}

/**
 * Unknown and foreign alike: the answer never tells which. HTTP 404.
 *
 * @example
 * if (!note) throw new NotFoundError('note');
 */
export class NotFoundError extends TenantError {
  constructor(what = 'resource') {
    super('NOT_FOUND', `There is no such ${what}.`);
  }
}

/** One thing that is wrong with a request, where a client can find it. */
export interface FieldProblem {
  /** Where, as a dotted path into the body or the name of the parameter. */
  readonly field: string;
  readonly message: string;
}

/**
 * The input is not usable. HTTP 400; the body lists every problem as `errors`.
 *
 * @example
 * throw new ValidationFailedError([{ field: 'limits.maxAgents', message: 'must be a whole number from 0' }]);
 */
export class ValidationFailedError extends TenantError {
  constructor(readonly errors: readonly FieldProblem[]) {
    const listed = errors.map(({ field, message }) => `${field}: ${message}`).join('; ');
    super('VALIDATION_FAILED', `The request is not valid. ${listed}`, {
      detail: 'The request is not valid; see `errors`.',
      extensions: { errors },
    });
  }
}

/**
 * What is stored does not allow the change: a key that is taken, or a status it cannot come from. HTTP 409. Clients
 * read the message.
 *
 * @example
 * throw new ConflictError(`There is a note called "${title}" already.`);
 */
export class ConflictError extends TenantError {
  constructor(message: string, options: TenantErrorOptions = {}) {
    super('CONFLICT', message, options);
  }
}

/**
 * A store this answer needs is away. Nothing was done, unless it is a ConnectionLostError; try again. HTTP 503.
 *
 * @example
 * throw new UnavailableError('The price list could not be read.', { cause });
 */
export class UnavailableError extends TenantError {
  constructor(message: string, options: TenantErrorOptions = {}) {
    super('UNAVAILABLE', message, { detail: 'A dependency is unavailable; try again shortly.', ...options });
  }
}

/**
 * The connection ended under a statement. Whether that took effect is unknown: repeat only what may be done twice.
 * HTTP 503. `cause` is the driver's error.
 *
 * @example
 * if (error instanceof ConnectionLostError) return { payment: 'unknown', look: `/payments/${key}` };
 */
export class ConnectionLostError extends UnavailableError {}
