import type { Server } from 'node:http';
import type { Type } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import {
  InMemoryTenantStore,
  type Principal,
  TenantModule,
  type TenantResolver,
  TenantService,
} from '@parallax/tenant';

interface Behind {
  readonly url: string;
  readonly tenants: TenantService;
  close(): Promise<void>;
}

/** Fastify is told of its proxy when it is made, so the fixture's own will not do. */
export async function fastifyBehindProxy({
  controllers,
  resolvers,
}: {
  readonly controllers: Type[];
  readonly resolvers: readonly TenantResolver[];
}): Promise<Behind> {
  const module = await Test.createTestingModule({
    imports: [
      TenantModule.forRoot({ store: new InMemoryTenantStore(), principal: sentPrincipal, resolvers }),
    ],
    controllers,
  }).compile();
  const app = module.createNestApplication(new FastifyAdapter({ trustProxy: true }));
  app.useLogger(false);
  await app.listen(0, '127.0.0.1');
  return {
    url: await app.getUrl(),
    tenants: app.get(TenantService),
    close: () => {
      (app.getHttpServer() as Server).closeAllConnections();
      return app.close();
    },
  };
}

function sentPrincipal(context: ExecutionContext): Principal {
  const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
  return JSON.parse(headers['x-test-principal'] ?? '') as Principal;
}
