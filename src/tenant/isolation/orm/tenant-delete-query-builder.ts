import type { ObjectLiteral } from 'typeorm';
import { DeleteQueryBuilder } from 'typeorm';
import type { TenantAwareDataSource } from './tenant-aware.js';
import { tenantAware } from './tenant-aware-builder.js';
import { whereOwn } from './write-conditions.js';

/** Deletes only rows of the scope's tenant. */
export class TenantDeleteQueryBuilder<Entity extends ObjectLiteral> extends tenantAware(
  DeleteQueryBuilder,
)<Entity> {
  declare readonly dataSource: TenantAwareDataSource;

  protected override createWhereExpression(): string {
    return whereOwn(this, () => super.createWhereExpression());
  }
}
