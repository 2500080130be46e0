import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { Principal } from '../context/principal.js';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { TenantConflictError, TenantInvalidError, TenantRequiredError } from '../errors/request.errors.js';
import { TenantService } from '../registry/tenant.service.js';
import type { Tenant } from '../registry/tenant.js';
import { DefaultTenantResolver } from './default-tenant.resolver.js';
import { HeaderTenantResolver } from './header-tenant.resolver.js';
import { PathTenantResolver } from './path-tenant.resolver.js';
import { PrincipalTenantResolver } from './principal-tenant.resolver.js';
import { QueryTenantResolver } from './query-tenant.resolver.js';
import { type CompleteResolutionOptions, RESOLUTION_OPTIONS } from './resolution.options.js';
import { parseTenantReference, type TenantReference } from './tenant-reference.js';
import type { TenantResolver } from './tenant.resolver.js';

interface NamedTenant {
  readonly source: string;
  readonly reference: TenantReference;
}

/** Finds the tenant a request is about: the first source that names one, in a fixed order. */
@Injectable()
export class ResolutionChain {
  readonly #explicit: readonly TenantResolver[];
  readonly #fallbacks: readonly TenantResolver[];

  constructor(
    @Inject(RESOLUTION_OPTIONS) private readonly options: CompleteResolutionOptions,
    private readonly tenants: TenantService,
  ) {
    const { headerName, paramName, queryName, defaultTenant } = options;
    const chain: readonly TenantResolver[] = [
      new HeaderTenantResolver(headerName),
      new PathTenantResolver(paramName),
      new QueryTenantResolver(queryName),
      new PrincipalTenantResolver(),
      ...(defaultTenant === undefined ? [] : [new DefaultTenantResolver(defaultTenant)]),
    ];
    this.#explicit = chain.filter(({ explicit }) => explicit);
    this.#fallbacks = chain.filter(({ explicit }) => !explicit);
    if (defaultTenant !== undefined && !this.#parseOwn(defaultTenant)) {
      throw new ConfigurationError(
        `The option defaultTenant, "${defaultTenant}", can be no tenant's id or slug.`,
      );
    }
  }

  /**
   * The tenant named, undefined when there is none that may be entered, or `'unnamed'` when no source names one.
   *
   * @throws TenantInvalidError, TenantConflictError
   */
  async resolve(
    context: ExecutionContext,
    principal: Principal | undefined,
    mayEnter: (tenant: Tenant) => Promise<boolean>,
  ): Promise<Tenant | undefined | 'unnamed'> {
    const named = this.#named(this.#explicit, context, principal);
    const [first] = named.length > 0 ? named : this.#named(this.#fallbacks, context, principal);
    if (!first) return 'unnamed';
    const found = await this.tenants.findTenant(first.reference);
    const tenant = found && (await mayEnter(found)) ? found : undefined;
    if (this.options.conflict === 'reject') await this.#assertAgreement(tenant, named);
    return tenant;
  }

  required(): TenantRequiredError {
    return new TenantRequiredError(this.#explicit.map(({ source }) => source));
  }

  #named(
    resolvers: readonly TenantResolver[],
    context: ExecutionContext,
    principal: Principal | undefined,
  ): NamedTenant[] {
    return resolvers.flatMap((resolver) => {
      const text = resolver.resolve(context, principal);
      if (text === undefined) return [];
      const reference = resolver.explicit ? this.options.parseReference(text) : this.#parseOwn(text);
      if (!reference) throw new TenantInvalidError(resolver.source);
      return [{ source: resolver.source, reference }];
    });
  }

  /** The application may say uuids even where its clients see another form of them. */
  #parseOwn(text: string): TenantReference | undefined {
    return this.options.parseReference(text) ?? parseTenantReference(text);
  }

  /** A tenant unknown or foreign agrees with nothing but its own text: more would tell the one from the other. */
  async #assertAgreement(
    tenant: Tenant | undefined,
    [first, ...others]: readonly NamedTenant[],
  ): Promise<void> {
    for (const other of others) {
      const sameText = JSON.stringify(other.reference) === JSON.stringify(first?.reference);
      const sameTenant = tenant && (await this.tenants.findTenant(other.reference))?.id === tenant.id;
      if (!sameText && !sameTenant) {
        throw new TenantConflictError([first, other].flatMap((named) => (named ? [named.source] : [])));
      }
    }
  }
}
