import type { ExecutionContext } from '@nestjs/common';
import type { TenantResolver } from './tenant.resolver.js';

export class PathTenantResolver implements TenantResolver {
  readonly explicit = true;
  readonly source: string;

  constructor(private readonly paramName: string) {
    this.source = `the path parameter :${paramName}`;
  }

  resolve(context: ExecutionContext): string | undefined {
    const { params } = context.switchToHttp().getRequest<{ params?: Record<string, string | undefined> }>();
    return params && Object.hasOwn(params, this.paramName) ? params[this.paramName] : undefined;
  }
}
