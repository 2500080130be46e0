import type { ObjectLiteral, QueryRunner } from 'typeorm';
import { SelectQueryBuilder } from 'typeorm';
import type { Alias } from 'typeorm/query-builder/Alias.js';
import type { JoinAttribute } from 'typeorm/query-builder/JoinAttribute.js';
import { StatementRefusedError } from '../../errors/isolation.errors.js';
import { refuseQueryText, tenancyBehind } from './query-sources.js';
import { assertSelfContained } from './raw-text.js';
import type { TenantAwareDataSource } from './tenant-aware.js';
import { tenantAware } from './tenant-aware-builder.js';
import { conditionAnd, joinsAlso, whereAlso } from './rendering.js';
import { readable } from './tenant-predicate.js';

/** Reads only rows of the scope's tenant, and shared ones, from every table it names. */
export class TenantSelectQueryBuilder<Entity extends ObjectLiteral> extends tenantAware(
  SelectQueryBuilder,
)<Entity> {
  declare readonly dataSource: TenantAwareDataSource;

  protected override createWhereExpression(): string {
    const sources = this.expressionMap.aliases.filter(({ type }) => type === 'from');
    const predicates = sources
      .map((alias) => this.readablePredicate(alias))
      .filter((sql) => sql !== undefined);
    return whereAlso(this.expressionMap, predicates, () => super.createWhereExpression());
  }

  protected override createJoinExpression(): string {
    return joinsAlso(
      this.expressionMap,
      (join) => this.joinCondition(join),
      () => super.createJoinExpression(),
    );
  }

  /** A cached result is found by an id of the caller's choice, which need not name the tenant. */
  protected override loadRawResults(queryRunner: QueryRunner): Promise<unknown> {
    if (this.dataSource.queryResultCache) {
      throw new StatementRefusedError('the data source has a query cache, which mixes tenants. Remove it.');
    }
    return super.loadRawResults(queryRunner);
  }

  private joinCondition(join: JoinAttribute): string | undefined {
    if (join.alias.subQuery !== undefined) refuseQueryText(join.entityOrProperty);
    if (join.condition) assertSelfContained(join.condition);
    const predicate = this.readablePredicate(join.alias);
    return predicate ? conditionAnd(join.condition, predicate) : join.condition;
  }

  private readablePredicate(alias: Alias): string | undefined {
    const tenancy = tenancyBehind(alias, this, this.dataSource.tenancies);
    return (
      tenancy &&
      readable(tenancy, ({ column }) => `${this.escape(alias.name)}.${this.escape(column.databaseName)}`)
    );
  }
}
