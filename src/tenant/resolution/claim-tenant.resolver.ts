import type { ExecutionContext } from '@nestjs/common';
import type { Principal } from '../context/principal.js';
import { TenantInvalidError } from '../errors/request.errors.js';
import type { TenantResolver } from './tenant.resolver.js';

/** How the claim counts among the other sources. */
export interface ClaimTenantResolverOptions {
  /**
   * Whether the token is for this tenant and no other, so that a request naming another one disagrees with it.
   * When false the claim only says where its bearer is at home.
   *
   * @default true
   */
  readonly explicit?: boolean;
}

/**
 * A claim of the verified token, which the application left in `Principal.claims`: an id or a slug. The token's
 * signature is the application's to check; a claim read from an unverified one selects, and opens nothing.
 *
 * @throws TenantInvalidError when resolving a claim that is not text.
 * @example
 * // the principal: { id: payload.sub, kind: 'user', roles: [], tenantIds: payload.tenants, claims: payload }
 * resolvers: [new ClaimTenantResolver('org_id'), ...standardResolvers()]
 */
export class ClaimTenantResolver implements TenantResolver {
  readonly explicit: boolean;
  readonly vouched = true;
  readonly source: string;

  constructor(
    private readonly claim: string,
    { explicit = true }: ClaimTenantResolverOptions = {},
  ) {
    this.explicit = explicit;
    this.source = `the token's claim ${claim}`;
  }

  resolve(_context: ExecutionContext, principal: Principal | undefined): string | undefined {
    const claims = principal?.claims ?? {};
    const value = Object.hasOwn(claims, this.claim) ? claims[this.claim] : undefined;
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'string') throw new TenantInvalidError(this.source);
    return value;
  }
}
