import type { ObjectLiteral, QueryBuilder } from 'typeorm';
import type { Alias } from 'typeorm/query-builder/Alias.js';
import type { QueryExpressionMap } from 'typeorm/query-builder/QueryExpressionMap.js';
import { StatementRefusedError } from '../../errors/isolation.errors.js';
import type { EntityTenancies, EntityTenancy } from './entity-tenancy.js';
import { ancestorsOf } from './typeorm-internals.js';

/** What TypeORM selects from to ask whether rows exist. */
const DUMMY_TABLE = '(SELECT 1 AS dummy_column)';

/** Refuses a query given as text where a table is expected: no tenant can be added to it. */
export function refuseQueryText(source: unknown): void {
  if (typeof source !== 'string' || source === DUMMY_TABLE || !source.trimStart().startsWith('(')) return;
  throw new StatementRefusedError(
    'a sub-query was given as text, which no tenant is added to. Give a function: (qb) => qb.select(…).from(…).',
  );
}

/** As {@link refuseQueryText}, for common table expressions. */
export function refuseTextCtes({ commonTableExpressions }: QueryExpressionMap): void {
  const text = commonTableExpressions.find(({ queryBuilder }) => typeof queryBuilder === 'string');
  if (!text) return;
  throw new StatementRefusedError(
    `the common table expression "${text.alias}" was given as text, which no tenant is added to. Give a query builder.`,
  );
}

/**
 * Whose rows an alias of a query stands for, or undefined when a query builder has filtered them already.
 *
 * @throws StatementRefusedError for a table that is no entity.
 */
export function tenancyBehind(
  alias: Alias,
  builder: QueryBuilder<ObjectLiteral>,
  tenancies: EntityTenancies,
): EntityTenancy | undefined {
  if (alias.subQuery !== undefined) return undefined;
  if (alias.hasMetadata) return tenancies.of(alias.metadata);
  if (isCommonTableExpression(alias.tablePath, builder)) return undefined;
  throw new StatementRefusedError(
    `"${alias.tablePath ?? alias.name}" is no entity of this data source, so whose rows it holds is unknown.`,
  );
}

function isCommonTableExpression(name: string | undefined, builder: QueryBuilder<ObjectLiteral>): boolean {
  return [builder, ...ancestorsOf(builder)].some(({ expressionMap }) =>
    expressionMap.commonTableExpressions.some(({ alias }) => alias === name),
  );
}
