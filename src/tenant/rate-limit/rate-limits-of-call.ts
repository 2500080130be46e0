import type { ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import { rawRequestOf, transportRequestOf } from '../context/transport-request.js';
import { RATE_LIMITS } from './rate-limit-metadata.js';
import type { PathRateLimit, RateLimit } from './rate-limit.js';

interface Routed {
  readonly url?: string;
  /** Of Express, which cuts what it has matched from `url`. */
  readonly originalUrl?: string;
  /** Of Fastify. */
  readonly routeOptions?: { readonly url?: string };
  /** Of Express. */
  readonly route?: { readonly path?: unknown };
}

/** The limits a call is held to: those on its route's path, of its controller, and its own. */
export function rateLimitsOf(
  context: ExecutionContext,
  reflector: Reflector,
  paths: readonly PathRateLimit[],
): readonly RateLimit[] {
  const decorated = reflector
    .getAll<(readonly RateLimit[] | undefined)[]>(RATE_LIMITS, [context.getClass(), context.getHandler()])
    .flatMap((limits) => limits ?? []);
  if (paths.length === 0) return decorated;
  const path = routePathOf(context);
  return path === undefined
    ? decorated
    : [...paths.filter((limit) => isUnder(path, limit.path)), ...decorated];
}

/** The path as the router knows it, so that no spelling of a URL gets round a limit. */
function routePathOf(context: ExecutionContext): string | undefined {
  const request = (transportRequestOf(context) ?? rawRequestOf(context)) as Routed | undefined;
  if (!request) return undefined;
  const path = request.routeOptions?.url ?? request.route?.path;
  // GraphQL on Express has no route; what is asked for there is not in the path.
  return typeof path === 'string' ? path : (request.originalUrl ?? request.url)?.split('?')[0];
}

/** By whole segments, letters of either case alike: Express takes `/API` for `/api`. */
export function isUnder(path: string, prefix: string): boolean {
  const segments = (text: string): string[] => text.toLowerCase().split('/').filter(Boolean);
  const given = segments(path);
  return segments(prefix).every((segment, index) => given[index] === segment);
}
