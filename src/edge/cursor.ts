import { ValidationFailedError } from '@parallax/tenant';
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

export interface CursorScope {
  /** Left out for a list of the platform's. */
  readonly tenantId?: string | undefined;
  /** What decides which rows come in which order: the list, filters, sort. `limit` and `cursor` do not count. */
  readonly query: string | Readonly<Record<string, unknown>>;
}

const FORM = /^([A-Za-z0-9_-]{1,460})\.([A-Za-z0-9_-]{43})$/;

/**
 * Makes and opens the `nextCursor` of lists. It is signed, and holds only for the tenant and the query it was made
 * for: moved elsewhere it would be a way to ask for positions nobody offered.
 */
export class CursorSigner {
  readonly #key: Buffer;

  constructor(secret: string) {
    this.#key = Buffer.from(hkdfSync('sha256', secret, '', 'parallax list cursor v1', 32));
  }

  /** `position` is where the page ended: the last row's values of what sorts the list, within 340 bytes of JSON. */
  sign({ position, ...scope }: CursorScope & { readonly position: unknown }): string {
    const payload = Buffer.from(JSON.stringify(position)).toString('base64url');
    return `${payload}.${this.#signature(payload, scope).toString('base64url')}`;
  }

  /** @throws ValidationFailedError for one that was not made here, for this tenant and this query. */
  open<Position>(text: string, scope: CursorScope): Position {
    const [, payload = '', signature = ''] = FORM.exec(text) ?? [];
    const given = Buffer.from(signature, 'base64url');
    const expected = this.#signature(payload, scope);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new ValidationFailedError([{ field: 'cursor', message: 'is not a cursor of this list' }]);
    }
    return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Position;
  }

  #signature(payload: string, { tenantId, query }: CursorScope): Buffer {
    return createHmac('sha256', this.#key)
      .update(JSON.stringify([tenantId ?? null, canonical(query), payload]))
      .digest();
  }
}

/** The query as text that does not depend on the order of its parameters, nor on those left out. */
function canonical(query: CursorScope['query']): unknown {
  if (typeof query === 'string') return query;
  return Object.entries(query)
    .filter(([name, value]) => value !== undefined && name !== 'limit' && name !== 'cursor')
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
