import { type ExecutionContext, Injectable, Module } from '@nestjs/common';
import type { TenantResolver } from '@parallax/tenant';

/** Which tenant a domain is for. Yours would read a table of the control plane, and keep what it read. */
@Injectable()
export class CustomDomains {
  readonly #tenants = new Map<string, string>();

  add(domain: string, tenantId: string): void {
    this.#tenants.set(domain, tenantId);
  }

  tenantOf(domain: string): Promise<string | undefined> {
    return Promise.resolve(this.#tenants.get(domain));
  }
}

/** `app.acme.com` is Acme's, since Acme pointed it here and the application noted it. */
@Injectable()
export class CustomDomainResolver implements TenantResolver {
  readonly source = "the tenant's own domain";
  readonly explicit = true;
  readonly vouched = true; // it answers with what the application noted, not with what a client sent

  constructor(private readonly domains: CustomDomains) {}

  async resolve(context: ExecutionContext): Promise<string | undefined> {
    if (context.getType() !== 'http') return undefined;
    const { hostname = '' } = context.switchToHttp().getRequest<{ hostname?: string }>();
    return this.domains.tenantOf(hostname.replace(/\.$/, '').toLowerCase());
  }
}

@Module({
  providers: [CustomDomains, CustomDomainResolver],
  exports: [CustomDomains, CustomDomainResolver],
})
export class CustomDomainsModule {}
