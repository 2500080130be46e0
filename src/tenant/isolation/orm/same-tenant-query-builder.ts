import type { ObjectLiteral } from 'typeorm';
import { SelectQueryBuilder } from 'typeorm';
import type { Alias } from 'typeorm/query-builder/Alias.js';
import type { JoinAttribute } from 'typeorm/query-builder/JoinAttribute.js';
import { tenantColumnOf } from './declared-tenancy.js';
import { conditionAnd, joinsAlso } from './rendering.js';

/**
 * Reads rows of all tenants and joins related ones by tenant and id. TypeORM joins by the id alone, which two
 * tenants may both have.
 */
export class SameTenantQueryBuilder<Entity extends ObjectLiteral> extends SelectQueryBuilder<Entity> {
  protected override createJoinExpression(): string {
    return joinsAlso(
      this.expressionMap,
      (join) => this.joinCondition(join),
      () => super.createJoinExpression(),
    );
  }

  private joinCondition({ parentAlias, relation, alias, condition }: JoinAttribute): string | undefined {
    if (parentAlias === undefined || !relation) return condition;
    const ends = [this.tenantOf(this.expressionMap.findAliasByName(parentAlias)), this.tenantOf(alias)];
    if (ends.includes(undefined)) return condition;
    return conditionAnd(condition, ends.join(' = '));
  }

  /** Undefined for rows that several tenants may point at. */
  private tenantOf(alias: Alias): string | undefined {
    const column = tenantColumnOf(alias.metadata);
    return column && !column.isNullable
      ? `${this.escape(alias.name)}.${this.escape(column.databaseName)}`
      : undefined;
  }
}
