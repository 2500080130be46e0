import type { ObjectLiteral } from 'typeorm';
import { UpdateQueryBuilder } from 'typeorm';
import { assertOwnTenant } from './own-tenant.js';
import type { TenantAwareDataSource } from './tenant-aware.js';
import { tenantAware } from './tenant-aware-builder.js';
import { whereOwn, writtenEntity } from './write-conditions.js';

/** Updates only rows of the scope's tenant, and never whose they are. */
export class TenantUpdateQueryBuilder<Entity extends ObjectLiteral> extends tenantAware(
  UpdateQueryBuilder,
)<Entity> {
  declare readonly dataSource: TenantAwareDataSource;

  protected override createUpdateExpression(): string {
    assertOwnTenant(writtenEntity(this), this.getValueSet());
    return super.createUpdateExpression();
  }

  protected override createWhereExpression(): string {
    return whereOwn(this, () => super.createWhereExpression());
  }
}
