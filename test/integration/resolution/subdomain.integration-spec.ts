import type { INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { type Principal, standardResolvers, SubdomainTenantResolver, type Tenant } from '@parallax/tenant';
import { ADAPTERS, credential, FixtureApp, memberOf } from '../../support/fixture-app.js';
import { invalid, NOT_FOUND, said, UNKNOWN_ID } from './answers.js';
import { fastifyBehindProxy } from './fastify-behind-proxy.js';
import { rawRequest } from './raw-request.js';
import { WhoController } from './who.controller.js';

const SOURCE = 'the subdomain of example.com';
const resolvers = [new SubdomainTenantResolver('Example.com'), ...standardResolvers()];

describe.each(ADAPTERS)('the subdomain as a source on %s', (adapter) => {
  let app: FixtureApp;
  let own: Tenant;
  let acme: Tenant;
  let principal: Principal;

  beforeAll(async () => {
    app = await FixtureApp.start({ adapter, controllers: [WhoController], tenant: { resolvers } });
    [own, acme] = [await app.createTenant('Own'), await app.createTenant('Acme')];
    principal = memberOf(own, acme);
  });
  afterAll(() => app.close());

  const at = (host: string, headers: Record<string, string> = {}) =>
    app.send('/who', principal, { host, ...headers });

  it.each([
    'acme.example.com',
    'ACME.Example.COM',
    'acme.example.com:8443',
    'acme.example.com:',
    'acme.example.com.',
    'acme.example.com.:8443',
  ])('is found in %s', async (host) => {
    expect((await at(host)).json()).toMatchObject({ tenantId: acme.id, resolution: { source: SOURCE } });
  });

  it('may be an id, which is a label as good as a slug', async () => {
    expect((await at(`${acme.id}.example.com`)).json()).toMatchObject({ tenantId: acme.id });
  });

  it.each([
    ['the domain itself', 'example.com'],
    ['the domain itself with a port', 'example.com:443'],
    ['a reserved label', 'www.example.com'],
    ['a reserved label in upper case', 'API.example.com'],
    ['a label no tenant may have', 'null.example.com'],
    ['another domain', 'acme.elsewhere.test'],
    ['a domain that only ends alike', 'evilexample.com'],
    ['a domain that only begins alike', 'acme.example.com.elsewhere.test'],
    ['a dot in place of another character', 'acme.exampleXcom'],
    ['two dots at the end', 'acme.example.com..'],
    ['an IPv4 address', '127.0.0.1:3000'],
    ['an IPv6 address', '[::1]:3000'],
    ['an IPv6 address with an embedded host', '[::ffff:127.0.0.1]'],
    ['no name at all', 'localhost'],
  ])('is nowhere in %s: %s', async (_what, host) => {
    const { tenantId, resolution } = (await at(host)).json();
    expect(tenantId).toBe(own.id);
    expect(resolution.asked[0]).toEqual({ source: SOURCE, named: false });
  });

  it.each([
    'nested.acme.example.com',
    'acme.www.example.com',
    'acme..example.com',
    '.example.com',
    '-acme.example.com',
    'ac_me.example.com',
    'acme@acme.example.com',
    '*.example.com',
    '__proto__.example.com',
  ])('is refused in %s, of which nothing is repeated', async (host) => {
    expect(said(await at(host))).toEqual(invalid(SOURCE));
  });

  it.each([51, 8_000])('is refused when it is %i characters long', async (length) => {
    expect(said(await at(`${'x'.repeat(length)}.example.com`))).toEqual(invalid(SOURCE));
  });

  it('is refused outside ASCII, whatever that may look like', async () => {
    const cyrillic = Buffer.from('аcme.example.com').toString('latin1');
    expect(said(await at(cyrillic))).toEqual(invalid(SOURCE));
  });

  it('is the punycode itself, when a tenant is called so', async () => {
    expect(said(await at('xn--mller-kva.example.com'))).toEqual(NOT_FOUND);
    const muller = await app.tenants.createTenant('Müller', {}, 'free', { slug: 'xn--mller-kva' });
    const answer = await app.send('/who', memberOf(muller), { host: 'xn--mller-kva.example.com' });
    expect(answer.json()).toMatchObject({ tenantId: muller.id });
  });

  it('says unknown, foreign and deleted with the same bytes', async () => {
    const [foreign, deleted] = [await app.createTenant('Foreign'), await app.createTenant('Deleted')];
    await app.deleteTenant(deleted);
    const insider = memberOf(own, deleted);
    for (const label of ['no-such', 'foreign', 'deleted', UNKNOWN_ID, foreign.id, deleted.id]) {
      const answer = await app.send('/who', insider, { host: `${label}.example.com` });
      expect([label, ...said(answer)]).toEqual([label, ...NOT_FOUND]);
    }
  });

  it('comes before the header when it stands before it', async () => {
    const answer = await at('acme.example.com', { 'X-Tenant-ID': own.id });
    expect(answer.json()).toMatchObject({ tenantId: acme.id });
  });

  it.each([
    ['different', ['acme.example.com', 'own.example.com']],
    ['the same', ['acme.example.com', 'acme.example.com']],
    ['elsewhere', ['elsewhere.test', 'acme.example.com']],
  ])('is refused in a Host sent twice: %s', async (_what, hosts) => {
    const { status, body } = await rawRequest(app.url, [
      'GET /who HTTP/1.1',
      `x-test-principal: ${credential(principal)['x-test-principal']}`,
      ...hosts.map((host) => `Host: ${host}`),
    ]);
    expect([status, body]).toEqual(invalid(SOURCE));
  });

  it('is nowhere when no Host was sent, as HTTP/1.0 allows', async () => {
    const { status, body } = await rawRequest(app.url, [
      'GET /who HTTP/1.0',
      `x-test-principal: ${credential(principal)['x-test-principal']}`,
    ]);
    expect([status, JSON.parse(body)]).toMatchObject([200, { tenantId: own.id }]);
  });

  it.each(['X-Forwarded-Host', 'X-Host', 'Forwarded', 'X-Original-Host'])(
    'is not taken from %s, which anybody may send',
    async (header) => {
      const value = header === 'Forwarded' ? 'host=acme.example.com' : 'acme.example.com';
      expect((await at('example.com', { [header]: value })).json()).toMatchObject({ tenantId: own.id });
    },
  );

  it('is taken from X-Forwarded-Host when the adapter was told to trust the proxy', async () => {
    const behind =
      adapter === 'express'
        ? await FixtureApp.start({
            adapter,
            controllers: [WhoController],
            tenant: { resolvers },
            configure: (nest: INestApplication) =>
              void (nest as NestExpressApplication).set('trust proxy', true),
          })
        : await fastifyBehindProxy({ controllers: [WhoController], resolvers });
    const tenant = await behind.tenants.createTenant('Acme');
    const response = await fetch(`${behind.url}/who`, {
      headers: { ...credential(memberOf(tenant)), 'X-Forwarded-Host': 'ACME.example.com:443' },
    });
    expect(await response.json()).toMatchObject({ tenantId: tenant.id, resolution: { source: SOURCE } });
    await behind.close();
  });
});
