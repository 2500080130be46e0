import type {
  EntityMetadata,
  EntitySubscriberInterface,
  InsertEvent,
  LoadEvent,
  ObjectLiteral,
  RecoverEvent,
  RemoveEvent,
  SoftRemoveEvent,
  UpdateEvent,
} from 'typeorm';
import { getTenantContext, tryGetTenantContext } from '../../context/tenant-scope.js';
import { TenantMismatchError } from '../../errors/isolation.errors.js';
import type { EntityTenancies } from './entity-tenancy.js';
import { assertOwnTenant } from './own-tenant.js';

/**
 * Stamps entities with the tenant of the scope, and tells early of an entity that is another's. It is a
 * convenience and an alarm: isolation rests on the query builders, which TypeORM cannot be told to skip.
 * TenantDataSource subscribes it by itself.
 *
 * @throws TenantMismatchError for an entity of another tenant; TenantScopeMissingError when writing outside a scope;
 *   StatementRefusedError when writing an entity that only platform work writes.
 */
export class TenantSubscriber implements EntitySubscriberInterface<ObjectLiteral> {
  constructor(private readonly tenancies: EntityTenancies) {}

  beforeInsert({ entity, metadata }: InsertEvent<ObjectLiteral>): void {
    const owned = this.tenancies.ownedBy(metadata);
    assertOwnTenant(owned, entity);
    owned.column.setEntityValue(entity, getTenantContext().tenantId);
  }

  beforeUpdate({ entity, metadata }: UpdateEvent<ObjectLiteral>): void {
    this.assertOwn(metadata, entity);
  }

  beforeRemove({ entity, metadata }: RemoveEvent<ObjectLiteral>): void {
    this.assertOwn(metadata, entity);
  }

  beforeSoftRemove({ entity, metadata }: SoftRemoveEvent<ObjectLiteral>): void {
    this.assertOwn(metadata, entity);
  }

  beforeRecover({ entity, metadata }: RecoverEvent<ObjectLiteral>): void {
    this.assertOwn(metadata, entity);
  }

  afterLoad(entity: ObjectLiteral, event?: LoadEvent<ObjectLiteral>): void {
    if (!event) return;
    const tenancy = this.tenancies.of(event.metadata);
    if (tenancy.kind === 'shared') return;
    const loaded: unknown = tenancy.column.getEntityValue(entity);
    if (loaded === undefined || (loaded === null && tenancy.kind === 'mixed')) return;
    if (loaded === tryGetTenantContext()?.tenantId) return;
    throw new TenantMismatchError(
      `A row of ${event.metadata.name} was loaded that is not the scope's tenant's.`,
    );
  }

  private assertOwn(metadata: EntityMetadata, entity: ObjectLiteral | undefined): void {
    const owned = this.tenancies.ownedBy(metadata);
    if (entity) assertOwnTenant(owned, entity);
  }
}
