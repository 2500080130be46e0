import { type DataSource, type EntityManager, QueryFailedError } from 'typeorm';
import { isCanonicalTenantId } from '../context/tenant-id.js';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { TenantNotFoundError } from '../errors/request.errors.js';
import { checkoutError, statementError } from '../isolation/client/server-away.js';
import { becomePlatform, logPlatformAccess } from '../isolation/platform-worker.js';
import { type AllocationTable, allocationTables } from './allocation-tables.js';
import type { QuotaDrift } from './quota.store.js';

/** The counter of one limit of one tenant. */
export interface AllocationToReconcile {
  /** uuid */
  readonly tenantId: string;
  /** The name of the limit. */
  readonly resource: string;
  /** Whether only to look. @default false */
  readonly dryRun?: boolean;
}

interface Counted {
  readonly before: number;
  readonly after: number;
}

/**
 * Sets the counter of an allocation limit by the rows there are, in every table whose trigger counts it. Exact while
 * others write: it looks at one moment first, and only where that shows a difference do the tenant's writers wait
 * for it. That the tenant's rows are counted is logged in `platform_access_log`.
 *
 * @throws TenantNotFoundError; ConfigurationError when platform work cannot read such a table; UnavailableError when
 *   the database is away
 * @example
 * await reconcileAllocation(controlPlane, { tenantId, resource: 'maxAgents' }); // { before, after, … }
 */
export async function reconcileAllocation(
  controlPlane: DataSource,
  { tenantId, resource, dryRun = false }: AllocationToReconcile,
): Promise<QuotaDrift> {
  try {
    await assertThere(controlPlane, tenantId);
    const tables = (await allocationTables(controlPlane)).get(resource) ?? [];
    assertReadable(resource, tables);
    await logPlatformAccess(controlPlane, 'process', {
      permission: 'quotas:reconcile',
      reason: `count what uses ${resource}`,
      tenantIds: [tenantId],
    });
    // One snapshot has a row and its count both or neither: no lock is needed to compare them.
    const seen = await controlPlane.transaction('REPEATABLE READ', async (manager) => ({
      before: await usedBy(manager, tenantId, resource),
      after: await unitsIn(tables, manager, tenantId),
    }));
    const { before, after } =
      dryRun || seen.before === seen.after ? seen : await setRight(controlPlane, tenantId, resource, tables);
    return {
      tenantId,
      resource,
      periodStart: null,
      before: { used: before, reserved: 0 },
      after: { used: after, reserved: 0 },
    };
  } catch (error) {
    if (error instanceof QueryFailedError) throw statementError(error.driverError) ?? error;
    throw checkoutError(error);
  }
}

function setRight(
  controlPlane: DataSource,
  tenantId: string,
  resource: string,
  tables: readonly AllocationTable[],
): Promise<Counted> {
  return controlPlane.transaction('READ COMMITTED', async (manager) => {
    await manager.query(
      'INSERT INTO tenant_allocations (tenant_id, resource, used) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING',
      [tenantId, resource],
    );
    // Who has written holds this row until its commit; who has not will wait for it.
    const before = await usedBy(manager, tenantId, resource, 'FOR NO KEY UPDATE');
    const after = await unitsIn(tables, manager, tenantId);
    await manager.query('UPDATE tenant_allocations SET used = $3 WHERE tenant_id = $1 AND resource = $2', [
      tenantId,
      resource,
      after,
    ]);
    return { before, after };
  });
}

async function assertThere(controlPlane: DataSource, tenantId: string): Promise<void> {
  const known =
    isCanonicalTenantId(tenantId) &&
    (await controlPlane.query<unknown[]>(`SELECT FROM tenants WHERE id = $1 AND status <> 'deleted'`, [
      tenantId,
    ]));
  if (!known || known.length === 0) throw new TenantNotFoundError();
}

function assertReadable(resource: string, tables: readonly AllocationTable[]): void {
  const hidden = tables.find(({ readable }) => !readable);
  if (!hidden) return;
  throw new ConfigurationError(
    `Platform work cannot read ${hidden.name}, whose rows count against ${resource}. ` +
      'Mend it with enableRowLevelSecurity() in a migration, or `npx tenancy policies apply`.',
  );
}

async function usedBy(
  manager: EntityManager,
  tenantId: string,
  resource: string,
  lock = '',
): Promise<number> {
  const [counter] = await manager.query<{ used: string }[]>(
    `SELECT used FROM tenant_allocations WHERE tenant_id = $1 AND resource = $2 ${lock}`,
    [tenantId, resource],
  );
  return Number(counter?.used ?? 0);
}

async function unitsIn(
  tables: readonly AllocationTable[],
  manager: EntityManager,
  tenantId: string,
): Promise<number> {
  await becomePlatform(manager, { tenantIds: [tenantId] });
  let total = 0;
  for (const { from, units } of tables) {
    const [{ counted }] = await manager.query<[{ counted: string }]>(
      `SELECT (${units})::bigint AS counted FROM ${from} WHERE tenant_id = $1`,
      [tenantId],
    );
    total += Number(counted);
  }
  await manager.query('RESET ROLE');
  return total;
}
