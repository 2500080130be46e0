import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer, Reflector } from '@nestjs/core';
import { PlanDirectory } from '../catalog/plan-directory.js';
import {
  applicationClasses,
  type Decorated,
  type DecoratedMethod,
  methodsOf,
} from '../context/decorated-methods.js';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { ROUTE_ACCESS, type RouteAccess } from '../resolution/route-access.js';
import { CHECKED_QUOTAS, type CheckedQuota } from './checked-quota.js';

const LIFECYCLE_HOOKS: readonly string[] = [
  'onModuleInit',
  'onApplicationBootstrap',
  'onModuleDestroy',
  'beforeApplicationShutdown',
  'onApplicationShutdown',
];

/** What `@Cron`, `@Interval` and `@Timeout` of @nestjs/schedule leave on a method. */
const SCHEDULER_TYPE = 'SCHEDULER_TYPE';

const NOT_TAKEN: Readonly<Record<'allocation' | 'static', string>> = {
  allocation:
    'counts the rows there are: let enforceAllocationLimit hold it in the table, and @CheckLimit say so early',
  static: 'has no kind: give it one in `kinds` of definePlans(), or correct the name',
};

/** Refuses to start when a method is held to a quota that cannot be counted there, or never in a tenant's name. */
@Injectable()
export class QuotaRequirementCheck implements OnModuleInit {
  constructor(
    private readonly modules: ModulesContainer,
    private readonly reflector: Reflector,
    private readonly plans: PlanDirectory,
  ) {}

  onModuleInit(): void {
    const problems = applicationClasses(this.modules).flatMap((type) =>
      methodsOf(type).flatMap((method) => this.#problemsOf(type, method)),
    );
    if (problems.length > 0) throw new ConfigurationError(`${problems.join('. ')}.`);
  }

  #problemsOf(type: Decorated, decorated: DecoratedMethod): string[] {
    const checked = this.reflector.get<readonly CheckedQuota[] | undefined>(CHECKED_QUOTAS, decorated.method);
    if (!checked) return [];
    const problems = [
      ...checked.flatMap(({ limit }) => this.#limitProblem(limit)),
      ...this.#placeProblem(type, decorated),
    ];
    return problems.map((problem) => `@CheckQuota on ${decorated.where}: ${problem}`);
  }

  #limitProblem(limit: string): string[] {
    if (!this.plans.catalog.limits.includes(limit)) {
      return [
        `the catalogue has no limit "${limit}": declare it in definePlans(), with its kind, or correct the name`,
      ];
    }
    const kind = this.plans.kindOf(limit) ?? 'static';
    return kind === 'allocation' || kind === 'static' ? [`"${limit}" ${NOT_TAKEN[kind]}`] : [];
  }

  #placeProblem(type: Decorated, { name, method }: DecoratedMethod): string[] {
    const fix = 'decorate a method that it calls inside runWithTenantContext({ tenantId }, fn)';
    if (LIFECYCLE_HOOKS.includes(name)) return [`no tenant is there when NestJS calls ${name}: ${fix}`];
    if (this.reflector.get(SCHEDULER_TYPE, method) !== undefined) {
      return [`no tenant is there when the scheduler calls it: ${fix}`];
    }
    const access = this.reflector.getAllAndOverride<RouteAccess | undefined>(ROUTE_ACCESS, [method, type]);
    switch (access?.kind) {
      case 'platform':
        return [`a route of @PlatformOnly has no tenant: ${fix}`];
      case 'optional':
        return ['a route of @TenantOptional may go without a tenant: give the tenant a route of its own'];
      case undefined:
        return [];
    }
  }
}
