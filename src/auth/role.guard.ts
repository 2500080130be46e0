import {
  type CanActivate,
  type ExecutionContext,
  Injectable,
  SetMetadata,
  UseGuards,
  applyDecorators,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ForbiddenError, getTenantContext } from '@parallax/tenant';
import { hasRole, type TenantRole } from './roles.js';

const NEEDED_ROLE = 'parallax:needed-role';

@Injectable()
export class RoleGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const needed = this.reflector.get<TenantRole>(NEEDED_ROLE, context.getHandler());
    if (hasRole(getTenantContext().userRoles ?? [], needed)) return true;
    throw new ForbiddenError(`This needs the role ${needed}.`);
  }
}

/** The caller must have at least this role in the tenant. */
export const RequireRole = (role: TenantRole): MethodDecorator =>
  applyDecorators(SetMetadata(NEEDED_ROLE, role), UseGuards(RoleGuard));
