import type { INestApplication } from '@nestjs/common';
import { ConfigurationError } from '../../errors/isolation.errors.js';
import { discoverRoutes } from './discovery/discover-routes.js';
import type { Route } from './discovery/route.js';
import { lookUp, matches } from './matching.js';
import type { NoLeakOptions, LeakTenant } from './no-leak.options.js';
import type { UnprovedRoute } from './no-leak.report.js';
import {
  discoverGateways,
  type Gateway,
  gatewayPlatform,
  type GatewayPlatform,
  messageName,
} from './sockets/discover-gateways.js';

/** What of the application can be reached, and is to be attacked. */
export interface Surface {
  readonly routes: readonly Route[];
  readonly gateways: readonly { readonly gateway: Gateway; readonly events: readonly string[] }[];
  readonly platform: GatewayPlatform | undefined;
  /** Of all routes and messages. */
  readonly names: readonly string[];
  readonly excluded: readonly UnprovedRoute[];
}

export function surfaceOf<T extends LeakTenant>(
  app: INestApplication,
  { exclude = {}, samples = {} }: NoLeakOptions<T>,
): Surface {
  const routes = discoverRoutes(app);
  const gateways = discoverGateways(app);
  const all = [
    ...routes.map(({ name }) => name),
    ...gateways.flatMap((gateway) => gateway.events.map((event) => messageName(gateway, event))),
  ];
  assertUsed('exclude', Object.keys(exclude), all);
  assertUsed('samples', Object.keys(samples), all);
  const isIncluded = (name: string): boolean => lookUp(exclude, name) === undefined;
  return {
    routes: routes.filter(({ name }) => isIncluded(name)),
    gateways: gateways.map((gateway) => ({
      gateway,
      events: gateway.events.filter((event) => isIncluded(messageName(gateway, event))),
    })),
    platform: gatewayPlatform(app),
    names: all.filter(isIncluded),
    excluded: all.flatMap((route) => {
      const reason = lookUp(exclude, route);
      return reason === undefined ? [] : [{ route, reason }];
    }),
  };
}

/** A pattern that matches nothing is a route renamed: left alone, it would be a route that is not looked at. */
function assertUsed(option: string, patterns: readonly string[], names: readonly string[]): void {
  const idle = patterns.filter((pattern) => !names.some((name) => matches(pattern, name)));
  if (idle.length === 0) return;
  throw new ConfigurationError(
    `expectNoLeak: the option ${option} names ${idle.join(', ')}, which the application does not have. ` +
      `It has: ${names.join(', ')}.`,
  );
}
