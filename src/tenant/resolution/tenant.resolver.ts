import type { ExecutionContext } from '@nestjs/common';
import type { Principal } from '../context/principal.js';

/**
 * One place a request may name its tenant in. Write your own for a place of your own, such as a custom domain.
 *
 * @example
 * const byDomain: TenantResolver = {
 *   source: 'the custom domain',
 *   explicit: true,
 *   resolve: (context) => domains.slugOf(context.switchToHttp().getRequest<Request>().hostname),
 * };
 */
export interface TenantResolver {
  /** Where, in words an error message can use: `the header X-Tenant-ID`. */
  readonly source: string;
  /**
   * Whether it speaks for this request in particular. Explicit sources of one request must agree; the others
   * are fallbacks, asked only when no explicit one names a tenant.
   */
  readonly explicit: boolean;
  /**
   * Whether the application itself vouches for what it holds, as for configuration or a verified token. Ids may
   * then have the form they have inside, also where clients are shown another one.
   *
   * @default false
   */
  readonly vouched?: boolean;
  /**
   * What the source holds, an id or a slug; undefined when it holds nothing. A source only selects among the
   * tenants the principal may enter, so nothing here needs to be trusted.
   *
   * @throws TenantInvalidError when it holds something, but not one value.
   */
  resolve(
    context: ExecutionContext,
    principal: Principal | undefined,
  ): string | undefined | Promise<string | undefined>;
}
