import { randomUUID } from 'node:crypto';
import { QuotaExceededError } from '@parallax/tenant';
import type pg from 'pg';
import type { CountedApp } from './counted-app.js';
import { admitted, type OpenCounter } from './counter.js';

export type OwnName = 'coalesced' | 'keyed' | 'check-quota' | 'reserve+commit';

/** Through the library, all on its one pool. */
export function ownCounters(app: CountedApp, admin: pg.Pool): Record<OwnName, OpenCounter> {
  const opened =
    (takerOf: (tenantId: string) => Promise<() => Promise<unknown>>): OpenCounter =>
    async (plan) => {
      const tenantId = await app.addTenant(plan);
      const take = await takerOf(tenantId);
      return { take: () => admitted(take(), QuotaExceededError), used: () => usedOf(admin, tenantId) };
    };
  const called = (call: (of: { tenantId: string }) => Promise<unknown>): OpenCounter =>
    opened((tenantId) => Promise.resolve(() => call({ tenantId })));
  const { quotas } = app;
  return {
    coalesced: called((of) => quotas.consumeQuota('maxRuns', 1, of)),
    keyed: called((of) => quotas.consumeQuota('maxRuns', 1, { ...of, idempotencyKey: randomUUID() })),
    'check-quota': opened((tenantId) => app.checkedMethod(tenantId)),
    'reserve+commit': called(async (of) => (await quotas.reserveQuota('maxRuns', 1, of)).commit()),
  };
}

/** @throws Error when the counter and its ledger disagree, or something is reserved still */
async function usedOf(admin: pg.Pool, tenantId: string): Promise<number> {
  const { rows } = await admin.query<{ used: number; reserved: number; ledger: number }>(
    `SELECT coalesce(sum(used), 0)::int AS used, coalesce(sum(reserved), 0)::int AS reserved,
       (SELECT coalesce(sum(amount), 0)::int FROM tenant_usage_ledger WHERE tenant_id = $1) AS ledger
     FROM tenant_usage WHERE tenant_id = $1`,
    [tenantId],
  );
  const [row] = rows;
  if (!row || row.used !== row.ledger || row.reserved !== 0)
    throw new Error(`The counter disagrees with its ledger: ${JSON.stringify(row)}`);
  return row.used;
}
