import { Test } from '@nestjs/testing';
import { InMemoryTenantStore, standardResolvers, TenantModule, TenantService } from '@parallax/tenant';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ADAPTERS, memberOf } from '../../support/fixture-app.js';
import { CustomDomainResolver, CustomDomains, CustomDomainsModule } from './custom-domain.example.js';
import { rawRequest } from './raw-request.js';
import { WhoController } from './who.controller.js';

describe.each(ADAPTERS)("a tenant's own domain on %s", (adapter) => {
  it('is looked up by a resolver with what is injected into it', async () => {
    const caller = { principal: memberOf() };
    const module = await Test.createTestingModule({
      imports: [
        CustomDomainsModule,
        TenantModule.forRootAsync({
          imports: [CustomDomainsModule],
          inject: [CustomDomainResolver],
          useFactory: (ownDomain: CustomDomainResolver) => ({
            store: new InMemoryTenantStore(),
            principal: () => caller.principal,
            resolvers: [ownDomain, ...standardResolvers()],
          }),
        }),
      ],
      controllers: [WhoController],
    }).compile();
    const app = module.createNestApplication(
      adapter === 'fastify' ? new FastifyAdapter() : new ExpressAdapter(),
    );
    app.useLogger(false);
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    const tenants = app.get(TenantService);
    const [own, acme] = [await tenants.createTenant('Own'), await tenants.createTenant('Acme')];
    app.get(CustomDomains).add('app.acme.test', acme.id);
    const at = async (host: string) => {
      const { status, body } = await rawRequest(url, ['GET /who HTTP/1.1', `Host: ${host}`]);
      return [status, (JSON.parse(body) as { tenantId?: string }).tenantId];
    };
    caller.principal = memberOf(own, acme);
    expect(await at('APP.acme.test:443')).toEqual([200, acme.id]);
    expect(await at('app.globex.test')).toEqual([200, own.id]);
    caller.principal = memberOf(own);
    expect(await at('app.acme.test')).toEqual([404, undefined]);
    await app.close();
  });
});
