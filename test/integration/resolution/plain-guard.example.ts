import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  UseGuards,
} from '@nestjs/common';
import { CurrentTenant, type Principal, TenantGuard, UnauthenticatedError } from '@parallax/tenant';

/** Who holds which key. Yours would look for the key's hash in a table of the control plane. */
@Injectable()
export class ApiKeys {
  readonly #holders = new Map<string, Principal>();

  issue(key: string, holder: Principal): void {
    this.#holders.set(key, holder);
  }

  holderOf(key: string): Promise<Principal | undefined> {
    return Promise.resolve(this.#holders.get(key));
  }
}

/** Leaves who is calling in `request.principal`, where TenantGuard finds it. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(private readonly keys: ApiKeys) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<{
      headers: Record<string, string | string[] | undefined>;
      principal?: Principal;
    }>();
    const key = request.headers['x-api-key'];
    const holder = typeof key === 'string' ? await this.keys.holderOf(key) : undefined;
    if (!holder) throw new UnauthenticatedError();
    request.principal = holder;
    return true;
  }
}

@UseGuards(ApiKeyGuard, TenantGuard) // in this order: first who, then where
@Controller('notes')
export class NotesController {
  @Get()
  list(@CurrentTenant('tenantSlug') tenant: string, @CurrentTenant('userId') user: string): object {
    return { tenant, user };
  }
}
