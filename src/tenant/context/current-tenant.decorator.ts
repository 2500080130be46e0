import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { scopeOfRequest } from './request-scope.js';
import type { TenantContext } from './tenant-context.js';

/**
 * The tenant of the request, or one field of it; undefined on a `@TenantOptional()` route without one.
 *
 * @example
 * list(\@CurrentTenant() tenant: TenantContext, \@CurrentTenant('plan') plan: string) { … }
 */
export const CurrentTenant = createParamDecorator(
  (field: keyof TenantContext | undefined, context: ExecutionContext): unknown => {
    const tenant = scopeOfRequest(context)?.tenant;
    return field ? tenant?.[field] : tenant;
  },
);
