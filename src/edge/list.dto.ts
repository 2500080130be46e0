import type { Type } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';

export interface List<T> {
  readonly data: T[];
  /** Asks for the next page; null on the last. */
  readonly nextCursor: string | null;
}

/**
 * The class that describes a list of `Item` in the API's documentation.
 *
 * @example class AgentListDto extends ListOf(AgentDto) {}
 */
export function ListOf<T>(Item: Type<T>): Type<List<T>> {
  class ListDto implements List<T> {
    @ApiProperty({ type: [Item] })
    data!: T[];

    @ApiProperty({ type: String, nullable: true })
    nextCursor!: string | null;
  }
  return ListDto;
}

/**
 * One page out of rows that were read one beyond the limit, which is how a further page shows itself.
 *
 * @example toList(rows, query.limit, toAgentDto, (last) => cursors.sign({ tenantId, query, position: [last.id] }))
 */
export function toList<Row, T>(
  rows: readonly Row[],
  limit: number,
  present: (row: Row) => T,
  cursorAfter: (last: Row) => string,
): List<T> {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    data: page.map(present),
    nextCursor: rows.length > limit && last !== undefined ? cursorAfter(last) : null,
  };
}
