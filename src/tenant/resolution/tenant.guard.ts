import { type CanActivate, type ExecutionContext, Inject, Injectable, Logger } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { PlanDirectory } from '../catalog/plan-directory.js';
import { openScopeOfCall } from '../context/call-scope.js';
import type { Principal } from '../context/principal.js';
import type { TenantContext, TenantResolution } from '../context/tenant-context.js';
import { TENANT_RUNTIME, type TenantRuntime } from '../context/tenant-runtime.js';
import { ForbiddenError, TenantNotFoundError, UnauthenticatedError } from '../errors/request.errors.js';
import { loudly } from '../errors/log-internal-error.js';
import { principalOfPayload } from '../jobs/payload-principal.js';
import { contextOf } from '../registry/tenant-context.loader.js';
import type { Tenant } from '../registry/tenant.js';
import { type CompleteResolutionOptions, RESOLUTION_OPTIONS } from './resolution.options.js';
import { ResolutionChain, type ResolvedTenant } from './resolution-chain.js';
import { ROUTE_ACCESS, type RouteAccess } from './route-access.js';

const NO_PRINCIPAL =
  'TenantGuard found no principal. If the application authenticates in a guard of its own, that guard has to ' +
  'run first: import TenantModule with `globalGuard: false` and write @UseGuards(YourAuthGuard, TenantGuard), ' +
  'or authenticate in the option `principal`.';

/**
 * Lets a call into the tenant it names: who is calling, which tenant, may the one enter the other, may the tenant
 * act now. Anything unclear is refused. It works the same on HTTP, GraphQL, WebSocket and RPC.
 *
 * @throws UnauthenticatedError, TenantRequiredError, TenantInvalidError, TenantConflictError,
 *   TenantNotFoundError, TenantSuspendedError, ForbiddenError; UnavailableError when the tenant cannot be read;
 *   TenantScopeMismatchError when the request came in the scope of another one.
 * @example
 * \@UseGuards(JwtAuthGuard, TenantGuard) // with the option `globalGuard: false`
 * \@Controller('notes') export class NotesController { … }
 */
@Injectable()
export class TenantGuard implements CanActivate {
  private readonly logger = new Logger(TenantGuard.name);

  constructor(
    @Inject(RESOLUTION_OPTIONS) protected readonly options: CompleteResolutionOptions,
    @Inject(TENANT_RUNTIME) private readonly runtime: TenantRuntime,
    private readonly chain: ResolutionChain,
    private readonly plans: PlanDirectory,
    private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): Promise<boolean> {
    return loudly(this.logger, () => this.#admit(context));
  }

  async #admit(context: ExecutionContext): Promise<boolean> {
    const route = this.routeAccess(context);
    const principal = await this.principalOf(context);
    const scope = openScopeOfCall(context, this.runtime);
    if (route?.kind === 'platform') {
      scope.admit(operatorWith(route.permission, principal), undefined);
      return true;
    }
    const optional = route?.kind === 'optional' || !this.options.requireTenant;
    const entered = await this.#enter(context, principal, optional);
    scope.admit(principal, entered && this.contextFor(entered.tenant, principal, entered.resolution));
    return true;
  }

  protected routeAccess(context: ExecutionContext): RouteAccess | undefined {
    return this.reflector.getAllAndOverride<RouteAccess | undefined>(ROUTE_ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
  }

  protected principalOf(context: ExecutionContext): Principal | undefined | Promise<Principal | undefined> {
    return principalOfPayload(context, this.runtime) ?? this.options.principal(context);
  }

  protected contextFor(
    tenant: Tenant,
    principal: Principal | undefined,
    resolution: TenantResolution,
  ): TenantContext {
    return contextOf(tenant, this.plans, {
      ...(principal && { userId: principal.id, userRoles: principal.roles }),
      resolution,
    });
  }

  async #enter(
    context: ExecutionContext,
    principal: Principal | undefined,
    optional: boolean,
  ): Promise<(ResolvedTenant & { readonly tenant: Tenant }) | undefined> {
    if (!principal && this.options.access !== 'trust-sources') {
      if (optional) return undefined;
      throw new UnauthenticatedError(NO_PRINCIPAL);
    }
    const resolved = await this.chain.resolve(context, principal, (named) =>
      this.#mayEnter(principal, named, context),
    );
    if (!resolved) {
      if (optional) return undefined;
      throw this.chain.required(context);
    }
    const { tenant, resolution } = resolved;
    this.logger.debug(`${tenant ? `Tenant ${tenant.id}` : 'No tenant'}, ${inWords(resolution)}`);
    if (!tenant) throw new TenantNotFoundError();
    return { tenant, resolution };
  }

  async #mayEnter(
    principal: Principal | undefined,
    tenant: Tenant,
    context: ExecutionContext,
  ): Promise<boolean> {
    if (this.options.access === 'trust-sources') return true;
    return principal !== undefined && (await this.options.access.canEnter(principal, tenant, context));
  }
}

function inWords({ source, asked }: TenantResolution): string {
  const answers = asked.map((each) => `${each.source}: ${each.named ? 'named one' : 'nothing'}`);
  return `by ${source} (asked: ${answers.join('; ')})`;
}

function operatorWith(permission: string, principal: Principal | undefined): Principal {
  if (!principal) throw new UnauthenticatedError(NO_PRINCIPAL);
  if (principal.kind !== 'operator' || !principal.permissions?.includes(permission)) {
    throw new ForbiddenError(`This needs the platform permission ${permission}.`);
  }
  return principal;
}
