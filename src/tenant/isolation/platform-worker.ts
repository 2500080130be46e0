import type { DataSource, EntityManager } from 'typeorm';
import pg from 'pg';
import type { PlatformWork } from '../context/platform-work.js';
import { isCanonicalTenantId } from '../context/tenant-id.js';
import type { PlatformActor } from '../context/tenant-runtime.js';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { ForbiddenError } from '../errors/request.errors.js';
import { databaseRolesOf } from './database-roles.js';

/** Runs platform work on the control plane's DataSource; see `runAsPlatform`. */
export class PlatformWorker {
  constructor(private readonly dataSource: DataSource) {}

  async run<T>(
    actor: PlatformActor,
    work: PlatformWork,
    fn: (manager: EntityManager) => Promise<T>,
  ): Promise<T> {
    assertAllowed(actor, work.permission);
    assertWellFormed(work);
    // Not in the transaction of the work: who reads and then fails has read all the same.
    await logPlatformAccess(this.dataSource, actor, work);
    return this.dataSource.transaction(async (manager) => {
      await becomePlatform(manager, work);
      return fn(manager);
    });
  }
}

/** Before the work and outside its transaction: see {@link PlatformWorker}. */
export async function logPlatformAccess(
  dataSource: DataSource,
  actor: PlatformActor,
  { permission, reason, tenantIds, write = false }: PlatformWork,
): Promise<void> {
  await dataSource.query(
    'INSERT INTO platform_access_log (actor, permission, reason, tenant_ids, write) VALUES ($1, $2, $3, $4, $5)',
    [typeof actor === 'string' ? actor : `${actor.kind}:${actor.id}`, permission, reason, tenantIds, write],
  );
}

/**
 * For the rest of a transaction of the control plane's, or until `RESET ROLE`. The role differs, not only a setting:
 * what may be seen never hangs on something a statement could set.
 */
export async function becomePlatform(
  manager: EntityManager,
  { tenantIds, write = false }: Pick<PlatformWork, 'tenantIds' | 'write'>,
): Promise<void> {
  const [{ login }] = await manager.query<[{ login: string }]>('SELECT session_user AS login');
  const { platformReader, platformWriter } = databaseRolesOf('control', login);
  await manager.query(`SET LOCAL app.tenant_ids = ${pg.escapeLiteral(`{${tenantIds.join(',')}}`)}`);
  await manager.query(`SET LOCAL ROLE ${pg.escapeIdentifier(write ? platformWriter : platformReader)}`);
}

function assertAllowed(actor: PlatformActor, permission: string): void {
  if (actor === 'process') return;
  const permissions = actor === 'nobody' ? [] : (actor.permissions ?? []);
  if (!permissions.includes(permission)) {
    const detail = `This needs the platform permission ${permission}.`;
    const hint =
      actor === 'nobody'
        ? " Nobody is calling; for a command or job of the process itself write as: 'process'."
        : '';
    throw new ForbiddenError(detail + hint, { detail });
  }
}

function assertWellFormed({ permission, reason, tenantIds }: PlatformWork): void {
  if (!permission.trim() || !reason.trim()) {
    throw new ConfigurationError('runAsPlatform needs a permission and a reason.');
  }
  if (tenantIds.length === 0 || !tenantIds.every(isCanonicalTenantId)) {
    throw new ConfigurationError(
      'runAsPlatform needs the ids of the tenants it is about, as canonical uuids.',
    );
  }
}
