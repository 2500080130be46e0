import type { INestApplication } from '@nestjs/common';
import { HeaderTenantResolver } from '../../../resolution/header-tenant.resolver.js';
import { PathTenantResolver } from '../../../resolution/path-tenant.resolver.js';
import { QueryTenantResolver } from '../../../resolution/query-tenant.resolver.js';
import {
  type CompleteResolutionOptions,
  RESOLUTION_OPTIONS,
} from '../../../resolution/resolution.options.js';
import { SubdomainTenantResolver } from '../../../resolution/subdomain-tenant.resolver.js';

/** Where a client of the application can name a tenant. */
export interface TenantSources {
  readonly headers: readonly string[];
  readonly params: ReadonlySet<string>;
  readonly queries: readonly string[];
  readonly domains: readonly string[];
}

/** Those of the running TenantModule, and those everybody tries. */
export function tenantSources(app: INestApplication): TenantSources {
  const { resolvers } = app.get<CompleteResolutionOptions>(RESOLUTION_OPTIONS, { strict: false });
  const names = <R>(kind: abstract new (...args: never[]) => R, nameOf: (resolver: R) => string): string[] =>
    resolvers.filter((each) => each instanceof kind).map((each) => nameOf(each as R));
  return {
    headers: unique(
      'x-tenant-id',
      names(HeaderTenantResolver, ({ headerName }) => headerName),
    ),
    params: new Set(
      unique(
        'tenantId',
        names(PathTenantResolver, ({ paramName }) => paramName),
      ),
    ),
    queries: unique(
      'tenant',
      names(QueryTenantResolver, ({ queryName }) => queryName),
    ),
    domains: names(SubdomainTenantResolver, ({ domain }) => domain),
  };
}

function unique(usual: string, own: readonly string[]): string[] {
  return [...new Set([...own, usual])];
}
