import { HttpException } from '@nestjs/common';

/** https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-10#section-5.1 */
const QUOTA_PROBLEM = 'https://iana.org/assignments/http-problem-types#quota-exceeded';

/** A kind of problem with members of its own, that nobody else has named. */
const ownType = (name: string): string => `urn:parallax:problem:${name}`;

/** What a code means over HTTP. Without a `type` the status says it all: `about:blank`. */
interface CodeMeaning {
  readonly status: number;
  readonly title: string;
  readonly type?: string;
}

/** What each stable code means over HTTP. A code is part of the public contract: it never changes meaning. */
const CODES = {
  TENANT_REQUIRED: { status: 400, title: 'Tenant required' },
  TENANT_INVALID: { status: 400, title: 'Invalid tenant reference' },
  TENANT_CONFLICT: { status: 400, title: 'Conflicting tenant references' },
  TENANT_NOT_FOUND: { status: 404, title: 'Tenant not found' },
  TENANT_SUSPENDED: { status: 403, title: 'Tenant suspended' },
  UNAUTHENTICATED: { status: 401, title: 'Authentication required' },
  FORBIDDEN: { status: 403, title: 'Forbidden' },
  FEATURE_NOT_ENTITLED: { status: 403, title: 'Feature not in plan', type: ownType('feature-not-entitled') },
  LIMIT_REACHED: { status: 403, title: 'Plan limit reached', type: ownType('plan-limit-reached') },
  QUOTA_EXCEEDED: { status: 429, title: 'Quota exceeded', type: QUOTA_PROBLEM },
  CONCURRENCY_LIMITED: { status: 429, title: 'Too much at once', type: QUOTA_PROBLEM },
  RATE_LIMITED: { status: 429, title: 'Too many requests', type: QUOTA_PROBLEM },
  RESERVATION_EXPIRED: { status: 409, title: 'Reservation expired', type: ownType('reservation-expired') },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    title: 'Idempotency key reused',
    type: ownType('idempotency-key-reused'),
  },
  NOT_FOUND: { status: 404, title: 'Not found' },
  VALIDATION_FAILED: { status: 400, title: 'Validation failed' },
  CONFLICT: { status: 409, title: 'Conflict' },
  UNAVAILABLE: { status: 503, title: 'Temporarily unavailable' },
  TENANT_SCOPE_MISSING: { status: 500, title: 'Internal error' },
  TENANT_SCOPE_MISMATCH: { status: 500, title: 'Internal error' },
  TENANT_MISMATCH: { status: 500, title: 'Internal error' },
  STATEMENT_REFUSED: { status: 500, title: 'Internal error' },
  CONFIGURATION_INVALID: { status: 500, title: 'Internal error' },
} as const satisfies Record<string, CodeMeaning>;

/**
 * What clients and callers tell errors apart by: `TENANT_NOT_FOUND`, `LIMIT_REACHED` and so on. In the body of an
 * answer it is the member `code`.
 */
export type TenantErrorCode = keyof typeof CODES;

/** What an error says to a client, apart from its code and status. */
export interface TenantErrorOptions {
  /** What a client may read. Default: the message, or nothing telling when the error is the server's own. */
  readonly detail?: string;
  /** Further members of the problem document (RFC 9457 §3.2), for instance `limit` and `used`. */
  readonly extensions?: Readonly<Record<string, unknown>>;
  /** The HTTP status. Default: the one of the code. */
  readonly status?: number;
  readonly cause?: unknown;
}

/**
 * The base of every error this library raises.
 *
 * `message` is for the engineer who reads the log and names the fix; the HTTP body is an RFC 9457 problem
 * that holds only what a client may know. Without any filter NestJS answers with the right status and body.
 *
 * @example
 * if (error instanceof TenantError && error.code === 'LIMIT_REACHED') offerUpgrade(error.extensions);
 */
export class TenantError extends HttpException {
  readonly code: TenantErrorCode;
  readonly extensions: Readonly<Record<string, unknown>>;
  /** Whether it is in the log already: those that are the server's own are written there where they pass. */
  logged = false;

  constructor(code: TenantErrorCode, message: string, options: TenantErrorOptions = {}) {
    const { title, type = 'about:blank', ...meaning }: CodeMeaning = CODES[code];
    const status = options.status ?? meaning.status;
    const detail = options.detail ?? (status < 500 ? message : 'The request could not be completed.');
    super({ type, title, status, detail, code, ...options.extensions }, status, {
      cause: options.cause,
      errorCode: code,
    });
    this.name = new.target.name;
    this.message = message;
    this.code = code;
    this.extensions = options.extensions ?? {};
  }
}
