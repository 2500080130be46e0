import {
  type CanActivate,
  type DynamicModule,
  type ExecutionContext,
  ForbiddenException,
  Injectable,
  Module,
  SetMetadata,
  UnauthorizedException,
} from '@nestjs/common';
import { APP_GUARD, Reflector } from '@nestjs/core';
import { ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import { PLAN_CATALOG, type Principal } from '@parallax/tenant';
import { ClsModule, ClsService, type ClsStore } from 'nestjs-cls';
import { emptyController } from './controllers.js';
import type { ServerOptions } from './server-options.js';
import { FEATURE, principalOf, tenantIds } from './tenants.js';

/** What the library does for a request that is served, put together from packages and written by hand: no more than that. */

interface KnownTenant {
  readonly id: string;
  readonly status: 'active' | 'suspended';
  readonly features: readonly string[];
}

const { features } = PLAN_CATALOG.plans.enterprise;
const tenants = new Map<string, KnownTenant>(tenantIds.map((id) => [id, { id, status: 'active', features }]));

interface Scope extends ClsStore {
  principal: Principal;
  tenant: KnownTenant;
}

interface Request {
  readonly headers: Readonly<Record<string, string | undefined>>;
}

const requestOf = (context: ExecutionContext): Request => context.switchToHttp().getRequest<Request>();

@Injectable()
class AuthGuard implements CanActivate {
  constructor(private readonly cls: ClsService<Scope>) {}

  canActivate(context: ExecutionContext): boolean {
    const principal = principalOf(requestOf(context).headers.authorization);
    if (!principal) throw new UnauthorizedException();
    this.cls.set('principal', principal);
    return true;
  }
}

@Injectable()
class HeaderTenantGuard implements CanActivate {
  constructor(private readonly cls: ClsService<Scope>) {}

  canActivate(context: ExecutionContext): boolean {
    const tenant = tenants.get(requestOf(context).headers['x-tenant-id'] ?? '');
    const isMember = tenant !== undefined && this.cls.get('principal').tenantIds?.includes(tenant.id);
    if (!tenant || !isMember || tenant.status !== 'active') throw new ForbiddenException();
    this.cls.set('tenant', tenant);
    return true;
  }
}

const REQUIRED = 'required-feature';

@Injectable()
class PlanGuard implements CanActivate {
  constructor(
    private readonly cls: ClsService<Scope>,
    private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const feature = this.reflector.getAllAndOverride<string | undefined>(REQUIRED, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (feature !== undefined && !this.cls.get('tenant').features.includes(feature))
      throw new ForbiddenException();
    return true;
  }
}

@Injectable()
class ThrottlerByTenantGuard extends ThrottlerGuard {
  protected override getTracker({ headers }: Request): Promise<string> {
    return Promise.resolve(headers['x-tenant-id'] ?? '');
  }
}

@Module({})
class AssembledModule {}

export function assembledStack({ limit, windowSeconds }: ServerOptions): DynamicModule {
  return {
    module: AssembledModule,
    imports: [
      ClsModule.forRoot({ global: true, middleware: { mount: true } }),
      ThrottlerModule.forRoot([{ limit, ttl: windowSeconds * 1_000 }]),
    ],
    providers: [AuthGuard, HeaderTenantGuard, PlanGuard, ThrottlerByTenantGuard].map((useClass) => ({
      provide: APP_GUARD,
      useClass,
    })),
    controllers: [emptyController(SetMetadata(REQUIRED, FEATURE))],
  };
}
