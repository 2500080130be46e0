import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { scopeOfCall } from './call-scope.js';
import type { TenantContext } from './tenant-context.js';
import { currentScope } from './tenant-scope.js';

/**
 * The tenant of the call, or one field of it; undefined on a `@TenantOptional()` route without one.
 *
 * @example
 * list(\@CurrentTenant() tenant: TenantContext, \@CurrentTenant('plan') plan: string) { … }
 */
export const CurrentTenant = createParamDecorator(
  (field: keyof TenantContext | undefined, context: ExecutionContext): unknown => {
    // Of a message NestJS copies the arguments for parameter decorators; those run inside the scope already.
    const tenant = (scopeOfCall(context) ?? currentScope())?.tenant;
    return field ? tenant?.[field] : tenant;
  },
);
