import {
  DataSource,
  InsertQueryBuilder,
  type ObjectLiteral,
  QueryBuilder,
  SelectQueryBuilder,
  UpdateQueryBuilder,
} from 'typeorm';
import { assertSupported } from '../driver-guard.js';
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

/** @throws ConfigurationError when the installed TypeORM is none that the builders here extend. */
export function assertSupportedTypeOrm(): void {
  assertSupported('typeorm', [
    [DataSource.prototype, 'buildMetadatas'],
    [QueryBuilder.prototype, 'createWhereExpression'],
    [QueryBuilder.prototype, 'createWhereConditionExpression'],
    [QueryBuilder.prototype, 'createFromAlias'],
    [QueryBuilder.prototype, 'createCteExpression'],
    [QueryBuilder.prototype, 'createComment'],
    [SelectQueryBuilder.prototype, 'createJoinExpression'],
    [SelectQueryBuilder.prototype, 'loadRawResults'],
    [InsertQueryBuilder.prototype, 'createInsertExpression'],
    [InsertQueryBuilder.prototype, 'getInsertedColumns'],
    [InsertQueryBuilder.prototype, 'createColumnValueExpression'],
    [UpdateQueryBuilder.prototype, 'createUpdateExpression'],
  ]);
}
