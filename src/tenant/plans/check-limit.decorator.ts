import { applyDecorators, UseGuards } from '@nestjs/common';
import { addMetadata } from './add-metadata.js';
import { CHECKED_LIMITS, type CheckedLimit, type LimitCounter } from './checked-limit.js';
import { LimitGuard } from './limit.guard.js';

/**
 * The route makes one more of something the plan limits: it is refused when the tenant has as many as it may.
 * The counter runs in the tenant's scope, so it counts what the tenant sees. It is an early and readable answer,
 * not a lock: two calls at once may both pass, and what holds then is `enforceAllocationLimit` on the table.
 * The name is checked against the catalogue when the application starts. Brings LimitGuard along, which needs
 * TenantGuard before it.
 *
 * @param counter a provider with `countUsage()`, or a function.
 * @throws LimitReachedError (403)
 * @example
 * \@CheckLimit('maxProjects', ProjectsService) \@Post() create(\@Body() body: CreateProject) { … }
 */
export const CheckLimit = (limit: string, counter: LimitCounter): MethodDecorator =>
  applyDecorators(
    addMetadata(CHECKED_LIMITS, { limit, counter } satisfies CheckedLimit),
    UseGuards(LimitGuard),
  );
