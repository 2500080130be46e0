import type { ExecutionContext } from '@nestjs/common';
import { rawRequestOf, transportRequestOf } from '../context/transport-request.js';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { TenantInvalidError } from '../errors/request.errors.js';
import { isReservedSlug } from '../registry/slug.js';
import type { TenantResolver } from './tenant.resolver.js';

const DOMAIN = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/**
 * The label in front of the application's own domain, as a slug: `acme` of `acme.example.com`. The domain
 * itself, reserved labels such as `www`, and hosts elsewhere name no tenant. Behind a proxy the host is the one
 * it forwards, when the HTTP adapter is told to trust it.
 *
 * @throws ConfigurationError when the domain is not one; TenantInvalidError when resolving a host with more than one
 *   label in front of it, or a request with more than one host.
 * @example
 * resolvers: [new SubdomainTenantResolver('example.com'), ...standardResolvers()]
 */
export class SubdomainTenantResolver implements TenantResolver {
  readonly explicit = true;
  readonly source: string;
  /** In lower case. */
  readonly domain: string;
  readonly #suffix: string;

  constructor(domain: string) {
    const canonical = domain.toLowerCase();
    if (!DOMAIN.test(canonical)) {
      throw new ConfigurationError(
        `SubdomainTenantResolver got "${domain}": give the domain tenants are under, such as "example.com".`,
      );
    }
    this.domain = canonical;
    this.#suffix = `.${canonical}`;
    this.source = `the subdomain of ${canonical}`;
  }

  resolve(context: ExecutionContext): string | undefined {
    const host = this.#hostOf(context).replace(/\.$/, '').toLowerCase();
    if (!host.endsWith(this.#suffix)) return undefined;
    const label = host.slice(0, -this.#suffix.length);
    if (label.includes('.')) throw new TenantInvalidError(this.source);
    return isReservedSlug(label) ? undefined : label;
  }

  #hostOf(context: ExecutionContext): string {
    const headers = rawRequestOf(context)?.headersDistinct ?? {};
    if ((headers.host ?? []).length > 1) throw new TenantInvalidError(this.source);
    // What opened a WebSocket is no request of the HTTP adapter, so nothing is known of proxies there.
    return transportRequestOf(context)?.hostname ?? (headers.host?.[0] ?? '').replace(/:\d*$/, '');
  }
}
