import type { JoinAttribute } from 'typeorm/query-builder/JoinAttribute.js';
import type { QueryExpressionMap } from 'typeorm/query-builder/QueryExpressionMap.js';

/**
 * Renders a WHERE with further predicates. TypeORM puts each part in parentheses, so that an OR at the top of
 * the caller's part changes nothing. They are there only while rendering: earlier, pagination would overwrite
 * them and TypeORM's own check for an empty WHERE would never see one.
 */
export function whereAlso(
  expressionMap: QueryExpressionMap,
  predicates: readonly string[],
  render: () => string,
): string {
  const given = expressionMap.extraAppendedAndWhereCondition;
  const parts = given === '' ? predicates : [`(${given})`, ...predicates];
  expressionMap.extraAppendedAndWhereCondition = parts.join(' AND ');
  try {
    return render();
  } finally {
    expressionMap.extraAppendedAndWhereCondition = given;
  }
}

/** Renders joins with other conditions, which are there only while rendering: nothing can drop them later. */
export function joinsAlso(
  { joinAttributes }: QueryExpressionMap,
  conditionOf: (join: JoinAttribute) => string | undefined,
  render: () => string,
): string {
  const given = joinAttributes.map((join) => ({ join, condition: join.condition }));
  try {
    for (const { join } of given) join.condition = conditionOf(join);
    return render();
  } finally {
    for (const { join, condition } of given) join.condition = condition;
  }
}

/** Both conditions; the given one as a whole, so that an OR in it does not win. */
export function conditionAnd(given: string | undefined, predicate: string): string {
  return given ? `(${given}) AND ${predicate}` : predicate;
}
