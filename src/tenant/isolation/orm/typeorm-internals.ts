import type { ObjectLiteral, QueryBuilder } from 'typeorm';
import type { QueryExpressionMap } from 'typeorm/query-builder/QueryExpressionMap.js';

/** `parentQueryBuilder` is protected, so that a builder sees its own parent but not its grandparents. */
interface Nested {
  readonly parentQueryBuilder?: QueryBuilder<ObjectLiteral>;
}

/** The query builders a sub-query stands in, nearest first. */
export function ancestorsOf(builder: QueryBuilder<ObjectLiteral>): QueryBuilder<ObjectLiteral>[] {
  const parent = (builder as unknown as Nested).parentQueryBuilder;
  return parent ? [parent, ...ancestorsOf(parent)] : [];
}

export type Upsert = QueryExpressionMap['onUpdate'];

/** Declared as always there; only `orUpdate()` sets it. */
export function upsertOf({ onUpdate }: QueryExpressionMap): Upsert | undefined {
  return onUpdate;
}
