import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
// Not from the barrel: a process that is started again and again would load all of the library.
import { definePlans } from '../../../../src/tenant/catalog/define-plans.js';
import { PlanDirectory } from '../../../../src/tenant/catalog/plan-directory.js';
import { PostgresQuotaStore } from '../../../../src/tenant/quotas/postgres-quota.store.js';
import { QuotaManager } from '../../../../src/tenant/quotas/quota.manager.js';
import type { TestDatabase } from '../../../support/database.js';

export const LIMIT = 1_000;

const CATALOG = definePlans({
  limits: ['maxRuns', 'maxTokens'],
  kinds: { maxRuns: 'consumption', maxTokens: 'consumption' },
  features: [],
  plans: {
    measured: { version: 1, priceCents: 0, limits: { maxRuns: LIMIT, maxTokens: null }, features: [] },
  },
});

/** Quotas as each process has them: with a pool of its own. */
export interface OpenQuotas {
  readonly control: DataSource;
  readonly store: PostgresQuotaStore;
  readonly quotas: QuotaManager;
}

export async function openQuotas(url: string, poolSize = 4): Promise<OpenQuotas> {
  const control = await new DataSource({
    type: 'postgres',
    url,
    poolSize,
    installExtensions: false,
    // A server that is starting again answers some, and does not hear others.
    extra: { connectionTimeoutMillis: 2_000 },
  }).initialize();
  const store = new PostgresQuotaStore(control);
  const silent = { log: () => undefined, warn: () => undefined, error: () => undefined };
  return { control, store, quotas: new QuotaManager(store, silent, new PlanDirectory(CATALOG)) };
}

/** @returns the id of a new tenant, with a limit of runs and none of tokens unless given others */
export async function addTenant(
  { query }: TestDatabase,
  overrides: Readonly<Record<string, number>> = {},
): Promise<string> {
  const { limits } = CATALOG.plans.measured;
  await query(
    `INSERT INTO plans (name, version, price_cents, limits, features) VALUES ('measured', 1, 0, $1, '[]')
       ON CONFLICT DO NOTHING`,
    [limits],
  );
  const id = randomUUID();
  await query(
    `INSERT INTO tenants (id, name, slug, status, plan, plan_version, limits, period_anchor)
       VALUES ($1::text::uuid, $1, $1, 'active', 'measured', 1, $2, now())`,
    [id, overrides],
  );
  return id;
}
