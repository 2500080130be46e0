import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer, Reflector } from '@nestjs/core';
import { PlanDirectory } from '../catalog/plan-directory.js';
import { applicationClasses, type Decorated, methodsOf } from '../context/decorated-methods.js';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { ROUTE_ACCESS, type RouteAccess } from '../resolution/route-access.js';
import { type CompleteResolutionOptions, RESOLUTION_OPTIONS } from '../resolution/resolution.options.js';
import { compileRateLimit } from './compiled-rate-limit.js';
import { RATE_LIMITS } from './rate-limit-metadata.js';
import { RATE_LIMIT_SETTINGS, type RateLimitSettings } from './rate-limit.settings.js';
import type { PathRateLimit, RateLimit } from './rate-limit.js';

/** Refuses to start with a rate limit that goes by a limit the catalogue does not have, or by the plan of nobody. */
@Injectable()
export class RateLimitCheck implements OnModuleInit {
  constructor(
    private readonly modules: ModulesContainer,
    private readonly reflector: Reflector,
    private readonly plans: PlanDirectory,
    @Inject(RATE_LIMIT_SETTINGS) private readonly settings: RateLimitSettings,
    @Inject(RESOLUTION_OPTIONS) private readonly resolution: CompleteResolutionOptions,
  ) {}

  onModuleInit(): void {
    const problems = [
      ...this.settings.paths.flatMap((limit) => this.#problemsOfPath(limit)),
      ...applicationClasses(this.modules).flatMap((type) => [
        ...this.#limitsOn(type).flatMap((limit) => this.#unknown(limit, `@RateLimit on ${type.name}`)),
        ...methodsOf(type).flatMap(({ method, where }) => [
          ...this.#limitsOn(method).flatMap((limit) => this.#unknown(limit, `@RateLimit on ${where}`)),
          ...[...this.#limitsOn(type), ...this.#limitsOn(method)].flatMap((limit) =>
            this.#withoutPlan(limit, method, type, where),
          ),
        ]),
      ]),
    ];
    if (problems.length > 0) throw new ConfigurationError(`${problems.join('. ')}.`);
  }

  #problemsOfPath(limit: PathRateLimit): string[] {
    const where = `rateLimits on ${limit.path}`;
    if (this.resolution.requireTenant || !compileRateLimit(limit).goesByTenant)
      return this.#unknown(limit, where);
    return [
      `${where}: "${limit.resource}" goes by the tenant, and with \`requireTenant: false\` a call may have none`,
    ];
  }

  #limitsOn(decorated: Decorated): readonly RateLimit[] {
    return this.reflector.get<readonly RateLimit[] | undefined>(RATE_LIMITS, decorated) ?? [];
  }

  #unknown(limit: RateLimit, where: string): string[] {
    const { planLimit } = compileRateLimit(limit);
    if (planLimit === undefined || this.plans.catalog.limits.includes(planLimit)) return [];
    return [
      `${where}: the catalogue has no limit "${planLimit}": declare it in definePlans(), or correct the name`,
    ];
  }

  #withoutPlan(limit: RateLimit, method: Decorated, type: Decorated, where: string): string[] {
    const access = this.reflector.getAllAndOverride<RouteAccess | undefined>(ROUTE_ACCESS, [method, type]);
    const mayHaveNone = access !== undefined || !this.resolution.requireTenant;
    if (!mayHaveNone || !compileRateLimit(limit).goesByTenant) return [];
    return [
      `@RateLimit on ${where}: "${limit.resource}" goes by the tenant, and a call of this route may have none: give it a ` +
        'limit that is a number',
    ];
  }
}
