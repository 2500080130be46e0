import type pg from 'pg';
import { StatementRefusedError } from '../../errors/isolation.errors.js';
import type { WireQueryConfig } from './pg-internals.js';

type GivenQuery = Partial<pg.QueryConfig> & { readonly rows?: unknown };

/**
 * What callers give pg as a query, in one form.
 *
 * @throws StatementRefusedError for what has no text, or asks for more than one statement in one round trip.
 */
export function toQueryConfig(config: unknown, parameters: unknown[] | undefined): WireQueryConfig {
  if (typeof config === 'string')
    return { text: config, values: parameters, queryMode: 'extended', hasOptions: false };
  const given = (config ?? {}) as GivenQuery;
  if (typeof given.text !== 'string') throw new StatementRefusedError('it has no text.');
  if (given.name)
    throw new StatementRefusedError('named prepared statements are not supported; leave out `name`.');
  if (given.rows) throw new StatementRefusedError('`rows` is not supported; use a cursor in a transaction.');
  return {
    ...given,
    text: given.text,
    values: parameters ?? given.values,
    queryMode: 'extended',
    hasOptions: true,
  };
}
