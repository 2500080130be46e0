import { type DataSource, In, QueryFailedError, type QueryDeepPartialEntity, type Repository } from 'typeorm';
import { isCanonicalTenantId } from '../context/tenant-id.js';
import { mergeMetadata } from './merge-metadata.js';
import { samePlan, type TenantPlanState } from './plan-in-effect.js';
import { idTaken, slugTaken } from './taken.js';
import { columnsOf, tenantOf } from './tenant-row.js';
import { TENANT_SLUG_KEY, TenantEntity } from './tenant.entity.js';
import type { TenantChanges, TenantPage, TenantStore } from './tenant.store.js';
import type { Tenant, TenantStatus } from './tenant.js';

const UNIQUE_VIOLATION = '23505';

/**
 * Tenants in PostgreSQL, through the control plane's DataSource, which must have TenantEntity among its entities.
 *
 * @example
 * TenantModule.forRootAsync({
 *   inject: [getDataSourceToken('control')],
 *   useFactory: (control: DataSource) => ({ store: new TypeOrmTenantStore(control), controlPlane: control }),
 * })
 */
export class TypeOrmTenantStore implements TenantStore {
  constructor(private readonly dataSource: DataSource) {}

  async insert(tenant: Tenant): Promise<Tenant> {
    try {
      await this.#tenants.insert(columnsOf(tenant) as QueryDeepPartialEntity<TenantEntity>);
      return tenant;
    } catch (error) {
      const violated = violatedKey(error);
      if (violated === undefined) throw error;
      throw violated === TENANT_SLUG_KEY ? slugTaken(tenant.slug) : idTaken(tenant.id);
    }
  }

  async findById(id: string): Promise<Tenant | undefined> {
    if (!isCanonicalTenantId(id)) return undefined;
    return tenantIfAny(await this.#tenants.findOneBy({ id }));
  }

  async findBySlug(slug: string): Promise<Tenant | undefined> {
    return tenantIfAny(await this.#tenants.findOneBy({ slug }));
  }

  update(
    id: string,
    changes: TenantChanges,
    whenStatus: readonly TenantStatus[],
    whenPlan?: TenantPlanState,
  ): Promise<Tenant | undefined> {
    if (!isCanonicalTenantId(id)) return Promise.resolve(undefined);
    return this.dataSource.transaction(async (manager) => {
      const stored = await manager.findOne(TenantEntity, {
        where: { id, status: In([...whenStatus]) },
        lock: { mode: 'for_no_key_update' },
      });
      if (!stored || (whenPlan && !samePlan(tenantOf(stored), whenPlan))) return undefined;
      const metadata = mergeMetadata(stored.metadata, changes.metadata);
      return tenantOf(await manager.save(Object.assign(stored, columnsOf(changes), { metadata })));
    });
  }

  async list({ limit, after, statuses, planDueBy }: TenantPage): Promise<Tenant[]> {
    const query = this.#tenants
      .createQueryBuilder('tenant')
      .orderBy('tenant.createdAt', 'DESC')
      .addOrderBy('tenant.id', 'DESC')
      .take(limit);
    if (statuses) query.andWhere({ status: In([...statuses]) });
    if (after) query.andWhere('(tenant.createdAt, tenant.id) < (:createdAt, :id)', { ...after });
    if (planDueBy) query.andWhere('tenant.scheduledAt <= :planDueBy', { planDueBy });
    return (await query.getMany()).map(tenantOf);
  }

  get #tenants(): Repository<TenantEntity> {
    return this.dataSource.getRepository(TenantEntity);
  }
}

function tenantIfAny(row: TenantEntity | null): Tenant | undefined {
  return row ? tenantOf(row) : undefined;
}

/** The name of the unique key that was violated, if one was. */
function violatedKey(error: unknown): string | undefined {
  if (!(error instanceof QueryFailedError)) return undefined;
  const { code, constraint } = error.driverError as { code?: string; constraint?: string };
  return code === UNIQUE_VIOLATION ? constraint : undefined;
}
