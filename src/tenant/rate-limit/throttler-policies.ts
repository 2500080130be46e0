import type { ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import type { Resolvable, ThrottlerGetTrackerFunction, ThrottlerOptions } from '@nestjs/throttler';
import { ConfigurationError } from '../errors/isolation.errors.js';
import type { RateLimit } from './rate-limit.js';

/**
 * Where `@Throttle` and `@SkipThrottle` leave what they say, followed by the name of the throttler. They are not exported;
 * test: a suite decorates with the real ones.
 */
const SKIP = 'THROTTLER:SKIP';
const LIMIT = 'THROTTLER:LIMIT';
const TTL = 'THROTTLER:TTL';
const TRACKER = 'THROTTLER:TRACKER';

type Decorated = NonNullable<Parameters<Reflector['get']>[1]>;

/** One throttler, as it holds for one call. */
export interface Throttled {
  readonly throttler: ThrottlerOptions;
  readonly limit: RateLimit;
  /** What the route has of its own. */
  readonly own: { readonly getTracker?: ThrottlerGetTrackerFunction };
}

/** Reads what a call's route and the module's options say of a throttler. */
export class ThrottlerPolicies {
  /** The limiter knows limits by identity; there are as many as routes and plans make. */
  readonly #limits = new Map<string, RateLimit>();

  isSkipped(context: ExecutionContext, reflector: Reflector, { name }: ThrottlerOptions): boolean {
    return reflector.getAllAndOverride<boolean | undefined>(SKIP + String(name), placesOf(context)) === true;
  }

  async read(
    context: ExecutionContext,
    reflector: Reflector,
    throttler: ThrottlerOptions,
  ): Promise<Throttled> {
    const name = throttler.name ?? 'default';
    const of = <T>(key: string): T | undefined =>
      reflector.getAllAndOverride<T | undefined>(key + name, placesOf(context));
    const ownLimit = of<Resolvable<number>>(LIMIT);
    const ownTtl = of<Resolvable<number>>(TTL);
    const getTracker = of<ThrottlerGetTrackerFunction>(TRACKER);
    const limit = await resolve(context, ownLimit ?? throttler.limit, 'limit', name);
    const ttl = await resolve(context, ownTtl ?? throttler.ttl, 'ttl', name);
    const isOwn = ownLimit !== undefined || ownTtl !== undefined;
    const resource = isOwn ? `${name}:${placeOf(context, reflector, name)}` : name;
    return { throttler, limit: this.#limitOf(resource, limit, ttl), own: getTracker ? { getTracker } : {} };
  }

  #limitOf(resource: string, limit: number, ttl: number): RateLimit {
    const key = `${resource} ${limit} ${ttl}`;
    let known = this.#limits.get(key);
    if (!known) {
      if (this.#limits.size >= 10_000) this.#limits.clear();
      // Windows are whole seconds; a longer one refuses more, never less.
      known = {
        resource: resource.replaceAll(/[^\x21-\x7e]/g, '?'),
        limit,
        window: Math.max(1, Math.ceil(ttl / 1_000)),
      };
      this.#limits.set(key, known);
    }
    return known;
  }
}

function placesOf(context: ExecutionContext): [Decorated, Decorated] {
  return [context.getHandler(), context.getClass()];
}

/** Where `@Throttle` stands: on the handler, or on its class, whose routes then count together. */
function placeOf(context: ExecutionContext, reflector: Reflector, name: string): string {
  const handler = context.getHandler();
  const isHandlers = [LIMIT, TTL].some((key) => reflector.get<unknown>(key + name, handler) !== undefined);
  return isHandlers ? `${context.getClass().name}.${handler.name}` : context.getClass().name;
}

async function resolve(
  context: ExecutionContext,
  given: Resolvable<number>,
  option: string,
  name: string,
): Promise<number> {
  const value: unknown = typeof given === 'function' ? await given(context) : given;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
  throw new ConfigurationError(`The throttler "${name}" has a ${option} that is no whole number from 0.`);
}
