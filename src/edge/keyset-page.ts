import type { CursorScope, CursorSigner } from './cursor.js';
import { type List, toList } from './list.dto.js';
import type { ListQueryDto } from './list-query.dto.js';

/** What lists are sorted by, newest first; the id decides between rows of one millisecond. */
export interface KeysetPosition {
  readonly createdAt: Date;
  readonly id: string;
}

interface KeysetPageOptions<Row extends KeysetPosition, T> {
  readonly cursors: CursorSigner;
  readonly scope: CursorScope;
  readonly query: ListQueryDto;
  /** Reads at most `limit` rows, newest first, of those after the position. */
  readonly read: (limit: number, after: KeysetPosition | undefined) => Promise<Row[]>;
  readonly present: (row: Row) => T;
}

/** One page of a list, continued where the cursor says. */
export async function keysetPage<Row extends KeysetPosition, T>({
  cursors,
  scope,
  query,
  read,
  present,
}: KeysetPageOptions<Row, T>): Promise<List<T>> {
  const rows = await read(
    query.limit + 1,
    query.cursor === undefined ? undefined : open(cursors, scope, query.cursor),
  );
  return toList(rows, query.limit, present, ({ createdAt, id }) =>
    cursors.sign({ ...scope, position: [createdAt, id] }),
  );
}

function open(cursors: CursorSigner, scope: CursorScope, cursor: string): KeysetPosition {
  const [createdAt, id] = cursors.open<[string, string]>(cursor, scope);
  return { createdAt: new Date(createdAt), id };
}
