import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { ModuleRef, Reflector } from '@nestjs/core';
import type { Principal } from '../context/principal.js';
import type { TenantResolution } from '../context/tenant-context.js';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { TenantConflictError, TenantInvalidError, TenantRequiredError } from '../errors/request.errors.js';
import { TenantEvents } from '../events/tenant-events.js';
import type { Tenant } from '../registry/tenant.js';
import { TenantCache } from '../registry/cache/tenant-cache.js';
import { DefaultTenantResolver } from './default-tenant.resolver.js';
import { type CompleteResolutionOptions, RESOLUTION_OPTIONS } from './resolution.options.js';
import { parseTenantReference, type TenantReference } from './tenant-reference.js';
import { TENANT_RESOLVERS, type TenantResolverReference } from './tenant-resolvers.decorator.js';
import type { TenantResolver } from './tenant.resolver.js';

/** What a call's sources came to. */
export interface ResolvedTenant {
  /** Undefined when there is none, or none that may be entered. */
  readonly tenant: Tenant | undefined;
  readonly resolution: TenantResolution;
}

interface Answer {
  readonly source: string;
  readonly reference: TenantReference | undefined;
}

type Named = Answer & { readonly reference: TenantReference };

/** Finds the tenant a call is about: the first source that names one, in a fixed order. */
@Injectable()
export class ResolutionChain {
  constructor(
    @Inject(RESOLUTION_OPTIONS) private readonly options: CompleteResolutionOptions,
    private readonly tenants: TenantCache,
    private readonly events: TenantEvents,
    private readonly reflector: Reflector,
    private readonly modules: ModuleRef,
  ) {
    for (const resolver of options.resolvers) {
      if (resolver instanceof DefaultTenantResolver && !this.#parseOwn(resolver.tenant)) {
        throw new ConfigurationError(
          `The option defaultTenant, "${resolver.tenant}", can be no tenant's id or slug.`,
        );
      }
    }
  }

  /**
   * The tenant named, or undefined when no source names one.
   *
   * @throws TenantInvalidError, TenantConflictError
   */
  async resolve(
    context: ExecutionContext,
    principal: Principal | undefined,
    mayEnter: (tenant: Tenant) => Promise<boolean>,
  ): Promise<ResolvedTenant | undefined> {
    const asked = await this.#ask(context, principal);
    const named = asked.filter((answer): answer is Named => answer.reference !== undefined);
    const [first, ...others] = named;
    if (!first) return undefined;
    const found = await this.tenants.find(first.reference);
    const tenant = found && (await mayEnter(found)) ? found : undefined;
    if (found && !tenant) {
      this.events.emit('tenant.access.refused', {
        tenantId: found.id,
        principalId: principal?.id,
        principalTenantId: principal?.tenantIds?.[0],
        at: new Date(),
      });
    }
    await this.#assertAgreement(tenant, first, others, principal);
    return { tenant, resolution: traceOf(first, asked) };
  }

  /** What to answer when a tenant was needed and no source named one. */
  required(context: ExecutionContext): TenantRequiredError {
    const explicit = this.#resolversOf(context).filter((resolver) => resolver.explicit);
    return new TenantRequiredError(explicit.map(({ source }) => source));
  }

  /** All explicit sources, since they must agree; of the others only as many as it takes. */
  async #ask(context: ExecutionContext, principal: Principal | undefined): Promise<Answer[]> {
    const resolvers = this.#resolversOf(context);
    const answers: Answer[] = [];
    const ask = async (resolver: TenantResolver): Promise<void> => {
      const held: unknown = await resolver.resolve(context, principal);
      answers.push({ source: resolver.source, reference: this.#parse(resolver, held) });
    };
    for (const resolver of resolvers.filter(({ explicit }) => explicit)) await ask(resolver);
    for (const resolver of resolvers.filter(({ explicit }) => !explicit)) {
      if (answers.some(({ reference }) => reference)) break;
      await ask(resolver);
    }
    return answers;
  }

  #resolversOf(context: ExecutionContext): readonly TenantResolver[] {
    const ofRoute = this.reflector.getAllAndOverride<readonly TenantResolverReference[] | undefined>(
      TENANT_RESOLVERS,
      [context.getHandler(), context.getClass()],
    );
    return (
      ofRoute?.map((given) =>
        typeof given === 'function' ? this.modules.get(given, { strict: false }) : given,
      ) ?? this.options.resolvers
    );
  }

  /** What an application's resolver read may be of any type: repeated query parameters are an array, for one. */
  #parse(resolver: TenantResolver, held: unknown): TenantReference | undefined {
    if (held === undefined || held === null) return undefined;
    if (typeof held !== 'string') throw new TenantInvalidError(resolver.source);
    const reference = resolver.vouched ? this.#parseOwn(held) : this.options.parseReference(held);
    if (!reference) throw new TenantInvalidError(resolver.source);
    return reference;
  }

  /** The application may say uuids even where its clients see another form of them. */
  #parseOwn(text: string): TenantReference | undefined {
    return this.options.parseReference(text) ?? parseTenantReference(text);
  }

  /** A tenant unknown or foreign agrees with nothing but its own text: more would tell the one from the other. */
  async #assertAgreement(
    tenant: Tenant | undefined,
    first: Named,
    others: readonly Named[],
    principal: Principal | undefined,
  ): Promise<void> {
    for (const other of others) {
      const sameText = JSON.stringify(other.reference) === JSON.stringify(first.reference);
      const sameTenant = sameText || (tenant && (await this.tenants.find(other.reference))?.id === tenant.id);
      if (sameTenant) continue;
      const sources = Object.freeze([first.source, other.source]);
      const refused = this.options.conflict === 'reject';
      this.events.emit('tenant.resolution.conflict', {
        sources,
        tenantId: refused ? undefined : tenant?.id,
        principalId: principal?.id,
        at: new Date(),
      });
      if (refused) throw new TenantConflictError(sources);
    }
  }
}

/** Frozen all through, since it becomes part of the context, which nobody changes. */
function traceOf(first: Named, asked: readonly Answer[]): TenantResolution {
  const trace = asked.map(({ source, reference }) =>
    Object.freeze({ source, named: reference !== undefined }),
  );
  return Object.freeze({ source: first.source, asked: Object.freeze(trace) });
}
