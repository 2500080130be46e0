import { randomUUID } from 'node:crypto';
import { enableRowLevelSecurity } from '@parallax/tenant';
import { DataSource } from 'typeorm';
import { TenantScope, runInScope } from '../../src/tenant/context/tenant-scope.js';
import type { TestDatabase } from './database.js';

export const TENANTS = Array.from({ length: 8 }, (_, at) => `${at}0000000-0000-4000-8000-00000000000${at}`);
export const [A, B] = TENANTS as [string, string];
export const NOTES_EACH = 3;

/** One small table under row-level security, with notes that name their tenant. */
export async function createNotes(database: TestDatabase): Promise<void> {
  const owner = await new DataSource({ type: 'postgres', url: database.urls.migration }).initialize();
  const queryRunner = owner.createQueryRunner();
  try {
    await queryRunner.query(`
      CREATE TABLE note (
        tenant_id uuid NOT NULL, id uuid NOT NULL DEFAULT gen_random_uuid(), title text NOT NULL,
        PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, title)
      )`);
    await enableRowLevelSecurity(queryRunner, 'note');
  } finally {
    await queryRunner.release();
    await owner.destroy();
  }
  for (const tenant of TENANTS) {
    for (let at = 0; at < NOTES_EACH; at += 1) {
      await database.query('INSERT INTO note (tenant_id, id, title) VALUES ($1, $2, $3)', [
        tenant,
        randomUUID(),
        `CANARY-${tenant} ${at}`,
      ]);
    }
  }
}

/** The tenant's scope without a registry: for tests of what stands below it. */
export function inScopeOf<T>(tenantId: string, fn: () => T): T {
  const tenant = { tenantId, tenantSlug: 'a-tenant', plan: 'free', limits: {}, features: {} };
  return runInScope(new TenantScope(undefined, tenant), fn);
}
