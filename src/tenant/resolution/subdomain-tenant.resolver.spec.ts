import { ConfigurationError } from '../errors/isolation.errors.js';
import { SubdomainTenantResolver } from './subdomain-tenant.resolver.js';

describe(SubdomainTenantResolver.name, () => {
  it.each(['example.com', 'EXAMPLE.com', 'localhost', 'a.b.c.example.co.uk', 'xn--mller-kva.de'])(
    'takes the domain %s',
    (domain) => {
      expect(new SubdomainTenantResolver(domain).source).toBe(`the subdomain of ${domain.toLowerCase()}`);
    },
  );

  it.each([
    '',
    '.',
    '.example.com',
    'example.com.',
    '*.example.com',
    'https://example.com',
    'example.com:443',
    'example.com/path',
    'exa mple.com',
    'exa_mple.com',
    '-example.com',
    'example-.com',
    'example..com',
    'müller.de',
    'example.com\n',
  ])('takes %j for none', (domain) => {
    expect(() => new SubdomainTenantResolver(domain)).toThrow(ConfigurationError);
  });
});
