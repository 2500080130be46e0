import { randomBytes } from 'node:crypto';
import type { INestApplicationContext } from '@nestjs/common';
import type { TenantPlan } from '../catalog/plan-catalog.js';
import { runWithTenantContext } from '../context/run-with-tenant-context.js';
import type { TenantContext } from '../context/tenant-context.js';
import { TENANT_RUNTIME, type TenantRuntime } from '../context/tenant-runtime.js';
import { runInScope, TenantScope } from '../context/tenant-scope.js';
import type { Tenant, TenantMetadata } from '../registry/tenant.js';
import { TenantService } from '../registry/tenant.service.js';

/** What a test cares about in its tenant. */
export interface TestTenantOptions {
  /**
   * What the tenant's name ends with; what it starts with makes it unique.
   *
   * @default 'Test tenant'
   */
  readonly name?: string;
  /** @default 'free' */
  readonly plan?: TenantPlan;
  /** @default none */
  readonly metadata?: TenantMetadata;
}

/** A tenant made for a test, and what runs code as it. */
export interface TestTenant {
  readonly tenant: Tenant;
  /**
   * Runs `fn` in the tenant's scope, as nobody or as the given user, and gives back what it gives back.
   *
   * @throws TenantNotFoundError, TenantSuspendedError when the tenant may not act any more.
   */
  run<T>(fn: () => T | Promise<T>, user?: Pick<TenantContext, 'userId' | 'userRoles'>): Promise<T>;
}

/**
 * A tenant of the application's own registry, with a name nobody else has, so that suites which share a
 * database do not meet. It works also while other applications run in the process.
 *
 * @throws ValidationFailedError when the plan is none of the application's.
 * @example
 * const acme = await createTestTenant(app);
 * const other = await createTestTenant(app);
 * const notes = app.get(NotesService);
 *
 * await acme.run(() => notes.create('of acme'));
 * await other.run(() => notes.create('of the other'));
 *
 * expect(await acme.run(() => notes.list())).toEqual([expect.objectContaining({ title: 'of acme' })]);
 */
export async function createTestTenant(
  app: Pick<INestApplicationContext, 'get'>,
  { name = 'Test tenant', plan, metadata }: TestTenantOptions = {},
): Promise<TestTenant> {
  const runtime = app.get<TenantRuntime>(TENANT_RUNTIME, { strict: false });
  const tenants = app.get(TenantService, { strict: false });
  // First, because a slug keeps only the start of a long name.
  const tenant = await tenants.createTenant(`${randomBytes(8).toString('hex')} ${name}`, metadata, plan);
  return {
    tenant,
    run: (fn, user) =>
      runInScope(new TenantScope(runtime, undefined, undefined, 'process'), () =>
        runWithTenantContext({ ...user, tenantId: tenant.id }, fn),
      ),
  };
}
