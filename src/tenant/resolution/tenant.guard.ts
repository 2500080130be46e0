import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { PlanDirectory } from '../catalog/plan-directory.js';
import type { Principal } from '../context/principal.js';
import { keepScope, rawRequestOf, scopeOfRequest } from '../context/request-scope.js';
import type { TenantContext } from '../context/tenant-context.js';
import { TENANT_RUNTIME, type TenantRuntime } from '../context/tenant-runtime.js';
import { TenantScope } from '../context/tenant-scope.js';
import { ForbiddenError, TenantNotFoundError, UnauthenticatedError } from '../errors/request.errors.js';
import { contextOf } from '../registry/tenant-context.loader.js';
import type { Tenant } from '../registry/tenant.js';
import { type CompleteResolutionOptions, RESOLUTION_OPTIONS } from './resolution.options.js';
import { ResolutionChain } from './resolution-chain.js';
import { ROUTE_ACCESS, type RouteAccess } from './route-access.js';

const NO_PRINCIPAL =
  'TenantGuard found no principal. If the application authenticates in a guard of its own, that guard has to ' +
  'run first: import TenantModule with `globalGuard: false` and write @UseGuards(YourAuthGuard, TenantGuard), ' +
  'or authenticate in the option `principal`.';

/**
 * Lets a request into the tenant it names: who is calling, which tenant, may the one enter the other, may the
 * tenant act now. Anything unclear is refused.
 *
 * @throws UnauthenticatedError, TenantRequiredError, TenantInvalidError, TenantConflictError,
 *   TenantNotFoundError, TenantSuspendedError, ForbiddenError
 */
@Injectable()
export class TenantGuard implements CanActivate {
  constructor(
    @Inject(RESOLUTION_OPTIONS) protected readonly options: CompleteResolutionOptions,
    @Inject(TENANT_RUNTIME) private readonly runtime: TenantRuntime,
    private readonly chain: ResolutionChain,
    private readonly plans: PlanDirectory,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const route = this.routeAccess(context);
    const principal = await this.principalOf(context);
    if (route?.kind === 'platform') {
      this.#scope(context).admit(operatorWith(route.permission, principal), undefined);
      return true;
    }
    const optional = route?.kind === 'optional' || !this.options.requireTenant;
    const tenant = await this.#enter(context, principal, optional);
    this.#scope(context).admit(principal, tenant && this.contextFor(tenant, principal));
    return true;
  }

  protected routeAccess(context: ExecutionContext): RouteAccess | undefined {
    return this.reflector.getAllAndOverride<RouteAccess | undefined>(ROUTE_ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
  }

  protected principalOf(context: ExecutionContext): Principal | undefined | Promise<Principal | undefined> {
    return this.options.principal(context);
  }

  protected contextFor(tenant: Tenant, principal: Principal | undefined): TenantContext {
    return contextOf(tenant, this.plans, principal && { userId: principal.id, userRoles: principal.roles });
  }

  async #enter(
    context: ExecutionContext,
    principal: Principal | undefined,
    optional: boolean,
  ): Promise<Tenant | undefined> {
    if (!principal && this.options.access !== 'trust-sources') {
      if (optional) return undefined;
      throw new UnauthenticatedError(NO_PRINCIPAL);
    }
    const tenant = await this.chain.resolve(context, principal, (named) =>
      this.#mayEnter(principal, named, context),
    );
    if (tenant === 'unnamed') {
      if (optional) return undefined;
      throw this.chain.required();
    }
    if (!tenant) throw new TenantNotFoundError();
    return tenant;
  }

  async #mayEnter(
    principal: Principal | undefined,
    tenant: Tenant,
    context: ExecutionContext,
  ): Promise<boolean> {
    if (this.options.access === 'trust-sources') return true;
    return principal !== undefined && (await this.options.access.canEnter(principal, tenant, context));
  }

  /** A request the middleware did not see gets its scope here; the interceptor binds it. */
  #scope(context: ExecutionContext): TenantScope {
    const known = scopeOfRequest(context);
    if (known) return known;
    const scope = new TenantScope(this.runtime);
    const request = rawRequestOf(context);
    if (request) keepScope(request, scope);
    return scope;
  }
}

function operatorWith(permission: string, principal: Principal | undefined): Principal {
  if (!principal) throw new UnauthenticatedError(NO_PRINCIPAL);
  if (principal.kind !== 'operator' || !principal.permissions?.includes(permission)) {
    throw new ForbiddenError(`This needs the platform permission ${permission}.`);
  }
  return principal;
}
