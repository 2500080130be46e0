import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { ConflictError } from '../../errors/request.errors.js';
import type { ScheduledPlan, Tenant, TenantStatus } from '../../registry/tenant.js';
import type { TenantStore } from '../../registry/tenant.store.js';

/** One promise of a TenantStore. */
export interface TenantStoreCase {
  readonly name: string;
  /** Rejects when the store, which must be empty, breaks the promise. */
  run(store: TenantStore): Promise<void>;
}

export const EVERY_STATUS: readonly TenantStatus[] = ['trial', 'active', 'suspended', 'deleted'];
export const START = Date.UTC(2024, 0, 1);

/** To the plan every store of a case knows. */
export const scheduledFor = (effectiveAt: Date): ScheduledPlan => ({
  plan: 'free',
  planVersion: 1,
  effectiveAt,
});

/** Makes tenants as a store is given them; each was created a second after the one before it. */
export function tenantMaker(): (given?: Partial<Tenant>) => Tenant {
  let made = 0;
  return (given = {}) => {
    made += 1;
    const createdAt = new Date(START + made * 1_000);
    return {
      id: randomUUID(),
      name: `Tenant ${made}`,
      slug: `tenant-${made}`,
      status: 'active',
      statusReason: null,
      plan: 'free',
      planVersion: 1,
      scheduledPlan: null,
      metadata: {},
      limits: {},
      priceCents: null,
      periodAnchor: createdAt,
      placement: 'shared',
      createdAt,
      updatedAt: createdAt,
      deletedAt: null,
      ...given,
    };
  };
}

/** Field by field: of which class an answer is does not matter. */
export function assertSame(answer: Tenant | undefined, expected: Tenant): void {
  assert.deepEqual(answer && { ...answer }, { ...expected });
}

export async function assertConflict(answer: Promise<unknown>): Promise<void> {
  await assert.rejects(answer, (error) => {
    assert.ok(error instanceof ConflictError, `expected a ConflictError, got ${String(error)}`);
    return true;
  });
}

/** Exactly one is fulfilled, and all others are refused with ConflictError. */
export async function assertOneWins(answers: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(answers);
  const lost = outcomes.filter((outcome) => outcome.status === 'rejected');
  assert.equal(lost.length, answers.length - 1);
  for (const { reason } of lost) assert.ok(reason instanceof ConflictError, `got ${String(reason)}`);
}
