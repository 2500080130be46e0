import type { ObjectLiteral } from 'typeorm';
import { SoftDeleteQueryBuilder } from 'typeorm/query-builder/SoftDeleteQueryBuilder.js';
import type { TenantAwareDataSource } from './tenant-aware.js';
import { tenantAware } from './tenant-aware-builder.js';
import { whereOwn } from './write-conditions.js';

/** Hides and restores only rows of the scope's tenant. */
export class TenantSoftDeleteQueryBuilder<Entity extends ObjectLiteral> extends tenantAware(
  SoftDeleteQueryBuilder,
)<Entity> {
  declare readonly dataSource: TenantAwareDataSource;

  protected override createWhereExpression(): string {
    return whereOwn(this, () => super.createWhereExpression());
  }
}
