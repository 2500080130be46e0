import type { INestApplication } from '@nestjs/common';
import { nestRoutes } from './nest-routes.js';
import type { Route } from './route.js';
import { routerRoutes } from './router-routes.js';

/** NestJS knows versions and hosts, the router what was put there without NestJS: plugins, documentation pages. */
export function discoverRoutes(app: INestApplication): Route[] {
  const own = nestRoutes(app);
  const known = new Set(own.map(comparable));
  const others = routerRoutes(app).filter(
    (route) => !['HEAD', 'OPTIONS'].includes(route.method) && !known.has(comparable(route)),
  );
  const routes = [...own, ...others];
  return [...new Map(routes.map((route) => [route.name, route])).values()];
}

/** Adapters write wildcards in ways of their own, and a route for all methods is many for the router. */
function comparable({ method, path }: Route): string {
  return `${method} ${path.replace(/\{?\/?\*\w*\}?$/, '*').replace(/\/$/, '')}`;
}
