import type { TrustProxy } from '../../config/readers.js';

export interface HttpOptions {
  /** Largest request body, in bytes. @default 262144 */
  readonly bodyLimitBytes?: number;
  /** How long a client may take to send the headers of a request, in milliseconds. @default 10000 */
  readonly headersTimeoutMs?: number;
  /** How long a client may take to send a whole request, in milliseconds. @default 30000 */
  readonly requestTimeoutMs?: number;
  /** How long an idle connection is kept, in milliseconds. @default 72000 */
  readonly keepAliveTimeoutMs?: number;
  /** Whose `X-Forwarded-*` headers count. @default false */
  readonly trustProxy?: TrustProxy;
}

/** Idle connections outlive the 60 seconds after which most load balancers close theirs, so that they close first. */
const DEFAULTS = {
  bodyLimitBytes: 256 * 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 72_000,
  trustProxy: false,
} as const satisfies Required<HttpOptions>;

export function withHttpDefaults(options: HttpOptions): Required<HttpOptions> {
  return { ...DEFAULTS, ...options };
}
