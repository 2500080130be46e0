import type { ExecutionContext } from '@nestjs/common';
import { rawRequestOf } from '../context/transport-request.js';
import { TenantInvalidError } from '../errors/request.errors.js';
import type { TenantResolver } from './tenant.resolver.js';

/**
 * A parameter of the URL's query; of a WebSocket connection, of the URL that opened it.
 *
 * @throws TenantInvalidError when resolving a URL that has it more than once, or as an array or object (`tenant[]=`).
 * @example
 * resolvers: [new QueryTenantResolver('workspace'), new PrincipalTenantResolver()] // GET /notes?workspace=acme
 */
export class QueryTenantResolver implements TenantResolver {
  readonly explicit = true;
  readonly source: string;

  constructor(readonly queryName = 'tenant') {
    this.source = `the query parameter ${queryName}`;
  }

  /** From the URL itself: adapters differ in what they make of repeated, array and nested parameters. */
  resolve(context: ExecutionContext): string | undefined {
    const request = rawRequestOf(context) as { url?: string; originalUrl?: string } | undefined;
    const [, query = ''] = /\?([^#]*)/.exec(request?.originalUrl ?? request?.url ?? '') ?? [];
    const named = [...new URLSearchParams(query)].filter(
      ([name]) => name === this.queryName || name.startsWith(`${this.queryName}[`),
    );
    const [first, ...others] = named;
    if (!first) return undefined;
    if (others.length > 0 || first[0] !== this.queryName) throw new TenantInvalidError(this.source);
    return first[1];
  }
}
