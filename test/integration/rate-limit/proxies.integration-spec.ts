import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { InMemoryTenantStore, RateLimit, TenantModule, TenantOptional } from '@parallax/tenant';
import { ADAPTERS, type Adapter } from '../../support/fixture-app.js';

@Controller()
class PageController {
  @TenantOptional()
  @Get('page')
  page(): object {
    return { done: true };
  }

  @TenantOptional()
  @RateLimit({ resource: 'forms', limit: 1, window: 3_600, by: 'address' })
  @Get('form')
  form(): object {
    return { done: true };
  }
}

async function start(adapter: Adapter, trustsProxy: boolean): Promise<INestApplication> {
  const module = await Test.createTestingModule({
    imports: [
      TenantModule.forRoot({
        store: new InMemoryTenantStore(),
        rateLimiter: { address: { limit: 3, window: 3_600 } },
      }),
    ],
    controllers: [PageController],
  }).compile();
  const app = module.createNestApplication(
    adapter === 'fastify' ? new FastifyAdapter({ trustProxy: trustsProxy }) : new ExpressAdapter(),
  );
  if (adapter === 'express') (app as NestExpressApplication).set('trust proxy', trustsProxy);
  app.useLogger(false);
  await app.listen(0, '127.0.0.1');
  return app;
}

describe.each(ADAPTERS)('the address of a client behind a proxy, on %s', (adapter) => {
  let app: INestApplication;
  afterEach(async () => {
    // Keep-alive connections that fetch left open would be waited for.
    (app.getHttpServer() as Server).closeAllConnections();
    await app.close();
  });

  const statuses = async (path: string, addresses: readonly string[]): Promise<number[]> => {
    const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
    const seen: number[] = [];
    for (const address of addresses) {
      const headers = { 'x-forwarded-for': address };
      seen.push((await fetch(`http://127.0.0.1:${port}${path}`, { headers })).status);
    }
    return seen;
  };
  const A = '203.0.113.1';
  const B = '203.0.113.2';

  it('is what a proxy says that is trusted', async () => {
    app = await start(adapter, true);
    expect(await statuses('/form', [A, A, B])).toEqual([200, 429, 200]);
    expect(await statuses('/page', [A, A, B])).toEqual([200, 429, 200]);
  });

  it('is of IPv6 a network of 64 bits', async () => {
    app = await start(adapter, true);
    const addresses = ['2001:db8::1', '2001:db8::ffff:1', '2001:db8:0:1::1'];
    expect(await statuses('/form', addresses)).toEqual([200, 429, 200]);
  });

  it('is that of the connection where no proxy is trusted, whatever is said', async () => {
    app = await start(adapter, false);
    expect(await statuses('/form', [A, B])).toEqual([200, 429]);
    expect(await statuses('/page', [A, B])).toEqual([200, 429]);
  });
});
