import type { ExecutionContext } from '@nestjs/common';
import type { Principal } from '../context/principal.js';

/** One place a request may name its tenant in. */
export interface TenantResolver {
  /** Where, in words an error message can use: `the header X-Tenant-ID`. */
  readonly source: string;
  /** Whether it is the client who names the tenant there. Explicit sources of one request must agree. */
  readonly explicit: boolean;
  /**
   * What the source holds; undefined when it holds nothing. A source only selects among the tenants the
   * principal may enter, so nothing here needs to be trusted.
   *
   * @throws TenantInvalidError when it holds something, but not one value.
   */
  resolve(context: ExecutionContext, principal: Principal | undefined): string | undefined;
}
