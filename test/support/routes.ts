import type { INestApplication } from '@nestjs/common';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';

export interface Route {
  readonly method: string;
  /** As the router has it: `/api/agents/:id`. */
  readonly path: string;
}

interface ExpressLayer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
}

/** The routes the running Express router answers to. */
export function expressRoutes(app: INestApplication): Route[] {
  const { router } = app.getHttpAdapter().getInstance() as { router: { stack: readonly ExpressLayer[] } };
  return router.stack.flatMap(({ route }) =>
    route
      ? Object.keys(route.methods).map((method) => ({ method: method.toUpperCase(), path: route.path }))
      : [],
  );
}

/** The routes the Fastify router is given from now on; full when the application runs. */
export function recordFastifyRoutes(adapter: FastifyAdapter): Route[] {
  const routes: Route[] = [];
  adapter.getInstance<FastifyInstance>().addHook('onRoute', ({ method, url }) => {
    routes.push(...[method].flat().map((each) => ({ method: each, path: url })));
  });
  return routes;
}
