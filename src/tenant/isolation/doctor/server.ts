import type pg from 'pg';
import { SET_CONFIG } from '../guarded-functions.js';
import { type KnownRoles, parameter } from './catalog-findings.js';
import { FACTS } from './facts.js';
import type { IsolationReport } from './report.js';

export interface ServerFacts {
  readonly version: string;
  readonly database: string;
  /** Reached through a loopback address or a socket. */
  readonly local: boolean;
  readonly citus: boolean;
  readonly forgery: IsolationReport['forgery'];
}

const SERVER = `WITH ${FACTS} SELECT current_setting('server_version') AS version, current_database() AS database,
  coalesce(inet_server_addr() <<= '127.0.0.0/8' OR inet_server_addr() = '::1', true) AS local,
  to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL AS citus,
  NOT coalesce((SELECT has_function_privilege(oid, '${SET_CONFIG}'::regprocedure, 'EXECUTE')
    FROM anybody WHERE kind = 'tenantApp'), true) AS revoked,
  coalesce((SELECT bool_and(signed) FROM signing), false) AS signed`;

export async function serverOf(client: pg.ClientBase, roles: KnownRoles): Promise<ServerFacts> {
  const { rows } = await client.query<Omit<ServerFacts, 'forgery'> & { revoked: boolean; signed: boolean }>(
    SERVER,
    [parameter({ roles })],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('The server gave no row.');
  const { revoked, signed, ...facts } = row;
  return {
    ...facts,
    local: facts.local || isLoopback(client),
    forgery: revoked && signed ? 'revoked and signed' : revoked ? 'revoked' : signed ? 'signed' : 'none',
  };
}

/** A published port of a container: the address the server sees is another. */
export function isLoopback(client: pg.ClientBase): boolean {
  const { host } = client as Partial<pg.Client>;
  return host === undefined || /^(localhost|127\.|::1$|\/)/.test(host);
}
