import type { ExecutionContext } from '@nestjs/common';
import { rawRequestOf } from '../context/transport-request.js';
import { TenantInvalidError } from '../errors/request.errors.js';
import type { TenantResolver } from './tenant.resolver.js';

/**
 * A header of the request; of a WebSocket connection, of the request that opened it. Case is ignored in its name.
 *
 * @throws TenantInvalidError when resolving a request that has it more than once.
 * @example
 * resolvers: [new HeaderTenantResolver('X-Workspace'), new PrincipalTenantResolver()]
 */
export class HeaderTenantResolver implements TenantResolver {
  readonly explicit = true;
  readonly source: string;
  /** In lower case. */
  readonly headerName: string;

  constructor(headerName = 'X-Tenant-ID') {
    this.source = `the header ${headerName}`;
    this.headerName = headerName.toLowerCase();
  }

  resolve(context: ExecutionContext): string | undefined {
    // Node joins a repeated header into one value; only this view, which every kind of request has (HTTP/2 and
    // `inject` of Fastify too), tells that there were two.
    const raw = rawRequestOf(context)?.rawHeaders ?? [];
    const values = raw.filter((_, at) => at % 2 === 1 && raw[at - 1]?.toLowerCase() === this.headerName);
    if (values.length > 1) throw new TenantInvalidError(this.source);
    return values[0];
  }
}
