import type { ExecutionContext } from '@nestjs/common';
import { transportRequestOf } from '../context/transport-request.js';
import type { TenantResolver } from './tenant.resolver.js';

/**
 * A parameter of the route's path.
 *
 * @example
 * resolvers: [new PathTenantResolver('workspace')] // \@Controller('workspaces/:workspace/notes')
 */
export class PathTenantResolver implements TenantResolver {
  readonly explicit = true;
  readonly source: string;

  constructor(readonly paramName = 'tenantId') {
    this.source = `the path parameter :${paramName}`;
  }

  resolve(context: ExecutionContext): string | undefined {
    const params = transportRequestOf(context)?.params;
    return params && Object.hasOwn(params, this.paramName) ? params[this.paramName] : undefined;
  }
}
