import type {
  DeleteQueryBuilder,
  EntityTarget,
  InsertQueryBuilder,
  ObjectLiteral,
  QueryDeepPartialEntity,
  RelationQueryBuilder,
  SelectQueryBuilder,
  UpdateQueryBuilder,
} from 'typeorm';
import { QueryBuilder } from 'typeorm';
import type { Alias } from 'typeorm/query-builder/Alias.js';
import type { SoftDeleteQueryBuilder } from 'typeorm/query-builder/SoftDeleteQueryBuilder.js';
import type { WhereClauseCondition } from 'typeorm/query-builder/WhereClause.js';
import { refuseQueryText, refuseTextCtes } from './query-sources.js';
import { assertOneComment, assertSelfContained } from './raw-text.js';
import type { TenantAwareDataSource } from './tenant-aware.js';
import { bindToScope } from './tenant-parameter.js';

/**
 * What all six query builders need so that none is a way out: the tenant is bound at execution, a builder made
 * from one of ours is one of ours, and text that could step out of its place is refused.
 */
export function tenantAware<Base extends typeof QueryBuilder>(base: Base): Base {
  const Stock: typeof QueryBuilder = base;

  abstract class TenantAware<Entity extends ObjectLiteral> extends Stock<Entity> {
    declare readonly dataSource: TenantAwareDataSource;

    override getParameters(): ObjectLiteral {
      return bindToScope(super.getParameters()); // an object made for this call
    }

    override select(selection?: string | string[], aliasName?: string): SelectQueryBuilder<Entity> {
      return this.dataSource.builders.select(
        Array.isArray(selection) ? super.select(selection) : super.select(selection ?? '', aliasName),
      );
    }

    override insert(): InsertQueryBuilder<Entity> {
      return this.dataSource.builders.insert(super.insert());
    }

    override update<T extends ObjectLiteral = Entity>(
      target?: EntityTarget<T> | QueryDeepPartialEntity<T>,
      values?: QueryDeepPartialEntity<T>,
    ): UpdateQueryBuilder<T> {
      return this.dataSource.builders.update(super.update(target as EntityTarget<T>, values));
    }

    override delete(): DeleteQueryBuilder<Entity> {
      return this.dataSource.builders.delete(super.delete());
    }

    override softDelete(): SoftDeleteQueryBuilder<Entity> {
      return this.dataSource.builders.softDelete<Entity>(super.softDelete());
    }

    override restore(): SoftDeleteQueryBuilder<Entity> {
      return this.dataSource.builders.softDelete<Entity>(super.restore());
    }

    override relation<T extends ObjectLiteral = Entity>(
      target: EntityTarget<T>,
      propertyPath?: string,
    ): RelationQueryBuilder<T> {
      // TypeORM counts the arguments, so an absent path may not be passed on.
      const built: QueryBuilder<ObjectLiteral> =
        propertyPath === undefined ? super.relation(target as string) : super.relation(target, propertyPath);
      return this.dataSource.builders.relation(built as QueryBuilder<T>);
    }

    protected override createFromAlias(
      target:
        | EntityTarget<ObjectLiteral>
        | ((qb: SelectQueryBuilder<ObjectLiteral>) => SelectQueryBuilder<ObjectLiteral>),
      aliasName?: string,
    ): Alias {
      refuseQueryText(target);
      return super.createFromAlias(target, aliasName);
    }

    protected override createCteExpression(): string {
      refuseTextCtes(this.expressionMap);
      return super.createCteExpression();
    }

    protected override createComment(): string {
      const comment = super.createComment();
      assertOneComment(comment);
      return comment;
    }

    protected override createWhereConditionExpression(
      condition: WhereClauseCondition,
      wrap?: boolean,
    ): string {
      const text = super.createWhereConditionExpression(condition, wrap);
      assertSelfContained(text);
      return text;
    }
  }

  // TypeScript types a mixin only over `any[]` constructors; this one adds no members and takes no other
  // arguments, so it stands where its base stands.
  return TenantAware as unknown as Base;
}
