import { types } from 'node:util';
import pg from 'pg';
import { ConnectionLostError, UnavailableError } from '../../errors/request.errors.js';
import { TenantError } from '../../errors/tenant.error.js';

/** The server has run out of something. It says so instead of doing anything. */
const EXHAUSTED = /^53/;

/** Not reachable, shutting down, or tired of an idle session: the connection ends with it. */
const ENDED = /^(?:08(?!P01)|57P|25P0[34])/;

/** It took too long, or somebody asked the server to end it. Nothing of it stays. */
const STOPPED = '57014';

/** What a pooler says of everything. From the server it is a mistake in what was sent. */
const PROTOCOL_VIOLATION = '08P01';

/** pg gives a connection that ended no code. */
const LOST =
  /^(?:Connection terminated|Query read timeout$|Client has encountered a connection error|Client was closed and is not queryable)/;

/**
 * The error of a checkout that failed. Nothing was sent. What waiting does not cure (a wrong password, an unknown
 * database) stays what it is.
 */
export function checkoutError(error: unknown): unknown {
  if (!types.isNativeError(error) || error instanceof TenantError) return error;
  if (error instanceof pg.DatabaseError && !EXHAUSTED.test(error.code ?? '') && !isEnd(error)) return error;
  return new UnavailableError(`There is no connection to the database: ${error.message}`, { cause: error });
}

/** The error of a statement that the server stopped or that lost it, undefined when something else was wrong. */
export function statementError(error: unknown): UnavailableError | undefined {
  if (!types.isNativeError(error)) return undefined;
  if (error instanceof pg.DatabaseError && EXHAUSTED.test(error.code ?? ''))
    return new UnavailableError(`The database has no room for a statement: ${error.message}`, {
      cause: error,
    });
  if (error instanceof pg.DatabaseError && error.code === STOPPED)
    return new UnavailableError(`The database stopped a statement: ${error.message}`, {
      cause: error,
      detail: 'This took too long and was stopped; ask for less at once, or try again shortly.',
    });
  if (!(error instanceof pg.DatabaseError ? isEnd(error) : isLost(error))) return undefined;
  return new ConnectionLostError(
    `The connection to the database ended under a statement, which may have taken effect: ${error.message}`,
    { cause: error },
  );
}

function isEnd({ code = '', routine }: pg.DatabaseError): boolean {
  // Only the server names the routine.
  return ENDED.test(code) || (code === PROTOCOL_VIOLATION && routine === undefined);
}

function isLost(error: Error): boolean {
  const { code } = error as { code?: unknown };
  return LOST.test(error.message) || code === 'ECONNRESET' || code === 'EPIPE';
}
