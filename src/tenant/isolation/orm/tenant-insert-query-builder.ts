import type { ObjectLiteral } from 'typeorm';
import { InsertQueryBuilder } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata.js';
import { StatementRefusedError } from '../../errors/isolation.errors.js';
import { assertOwnTenant } from './own-tenant.js';
import type { TenantAwareDataSource } from './tenant-aware.js';
import { tenantAware } from './tenant-aware-builder.js';
import { TENANT_PLACEHOLDER } from './tenant-parameter.js';
import { writable } from './tenant-predicate.js';
import { ownRowsUpsert } from './tenant-upsert.js';
import { upsertOf } from './typeorm-internals.js';
import { writtenEntity } from './write-conditions.js';

/** Inserts rows of the scope's tenant, whatever listeners are on; on conflict updates only rows of its own. */
export class TenantInsertQueryBuilder<Entity extends ObjectLiteral> extends tenantAware(
  InsertQueryBuilder,
)<Entity> {
  declare readonly dataSource: TenantAwareDataSource;

  protected override createInsertExpression(): string {
    const entity = writtenEntity(this);
    if (this.expressionMap.insertFromSelect) {
      throw new StatementRefusedError('INSERT … SELECT cannot be stamped. Read the rows, then insert them.');
    }
    const given = upsertOf(this.expressionMap);
    if (!given) return super.createInsertExpression();
    this.expressionMap.onUpdate = ownRowsUpsert(given, entity, writable(this.storedTenant(entity.column)));
    try {
      return super.createInsertExpression();
    } finally {
      this.expressionMap.onUpdate = given;
    }
  }

  /** Also for `into(Entity, ['title'])`, which names the columns to insert. */
  protected override getInsertedColumns(): ColumnMetadata[] {
    const { column } = writtenEntity(this);
    const columns = super.getInsertedColumns();
    return columns.includes(column) ? columns : [...columns, column];
  }

  protected override createColumnValueExpression(
    valueSets: ObjectLiteral[],
    index: number,
    column: ColumnMetadata,
  ): string {
    const entity = writtenEntity(this);
    if (column !== entity.column) return super.createColumnValueExpression(valueSets, index, column);
    assertOwnTenant(entity, valueSets[index] ?? {});
    return TENANT_PLACEHOLDER;
  }

  /** The tenant of the row that is in the way, spelled as TypeORM spells its table. */
  private storedTenant({ databaseName }: ColumnMetadata): string {
    const table = this.getMainTableName();
    const name = this.alias === table ? this.getTableName(table) : this.escape(this.alias);
    return `${name}.${this.escape(databaseName)}`;
  }
}
