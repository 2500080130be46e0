import { ConfigurationError } from '../errors/isolation.errors.js';
import { HeaderTenantResolver } from './header-tenant.resolver.js';
import { completeResolutionOptions, type ResolutionOptions } from './resolution.options.js';
import { standardResolvers } from './standard-resolvers.js';

const sourcesOf = (options: ResolutionOptions): string[] =>
  completeResolutionOptions(options).resolvers.map(({ source }) => source);

describe(standardResolvers.name, () => {
  it('is what is asked when nothing is said: the request first, then the caller', () => {
    const expected = [
      'the header X-Tenant-ID',
      'the path parameter :tenantId',
      'the query parameter tenant',
      "the credential's own tenant",
    ];
    expect(standardResolvers().map(({ source }) => source)).toEqual(expected);
    expect(sourcesOf({})).toEqual(expected);
    expect(standardResolvers().map(({ explicit }) => explicit)).toEqual([true, true, true, false]);
  });

  it('takes the names, and a default that comes last', () => {
    const names = { headerName: 'X-Org', paramName: 'org', queryName: 'o', defaultTenant: 'acme' };
    const expected = [
      'the header X-Org',
      'the path parameter :org',
      'the query parameter o',
      "the credential's own tenant",
      'the configured default',
    ];
    expect(standardResolvers(names).map(({ source }) => source)).toEqual(expected);
    expect(sourcesOf(names)).toEqual(expected);
  });
});

describe(completeResolutionOptions.name, () => {
  it('takes resolvers in place of all of them', () => {
    expect(sourcesOf({ resolvers: [new HeaderTenantResolver('X-Org')] })).toEqual(['the header X-Org']);
  });

  it('refuses names beside resolvers, and says which', () => {
    const options = { resolvers: [], headerName: 'X-Org', defaultTenant: 'acme' };
    expect(() => completeResolutionOptions(options)).toThrow(ConfigurationError);
    expect(() => completeResolutionOptions(options)).toThrow('takes the place of headerName, defaultTenant:');
  });

  it('does not mind names that are undefined, as an environment leaves them', () => {
    const options = { resolvers: [], headerName: undefined } as unknown as ResolutionOptions;
    expect(() => completeResolutionOptions(options)).not.toThrow();
  });

  it('needs a tenant, lets members in and counts the first source, when nothing is said', () => {
    expect(completeResolutionOptions({})).toMatchObject({ requireTenant: true, conflict: 'first-wins' });
    expect(completeResolutionOptions({}).access).not.toBe('trust-sources');
  });
});
