import { sqlStateOf } from '../problems/sql-state.js';

const MAX_CAUSES = 5;

export interface ErrorDescription {
  readonly type: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: string;
  readonly cause?: ErrorDescription;
  readonly [field: string]: unknown;
}

/**
 * What the log keeps of an error. Never all of it: TypeORM hangs SQL and parameters on its errors, and a message,
 * detail or context of PostgreSQL quotes the very values.
 */
export function describeError(error: Error, causes = 0): ErrorDescription {
  const { code } = error as { code?: unknown };
  const cause = error.cause ?? (error as { driverError?: unknown }).driverError;
  return {
    type: error.name,
    message: sqlStateOf(error) === undefined ? error.message : databaseMessage(error),
    ...(typeof code === 'string' && { code }),
    ...databaseFields(error),
    ...(error.stack !== undefined && { stack: framesOf(error.stack) }),
    ...(cause instanceof Error && causes < MAX_CAUSES && { cause: describeError(cause, causes + 1) }),
  };
}

/** Every class of SQLSTATE but 22 (data) names objects, not values; PL/pgSQL's own may say anything. */
function databaseMessage(error: Error): string {
  return /^(?:22|P0)/.test(sqlStateOf(error) ?? '') ? 'value refused by the database' : error.message;
}

function databaseFields(error: Error): Record<string, string> {
  if (sqlStateOf(error) === undefined) return {};
  const { severity, schema, table, column, constraint, routine } = error as unknown as Record<
    string,
    unknown
  >;
  return Object.fromEntries(
    Object.entries({ severity, schema, table, column, constraint, routine }).filter(
      (field): field is [string, string] => typeof field[1] === 'string',
    ),
  );
}

/** A stack begins with the message, which may be one of those not to keep. */
function framesOf(stack: string): string {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');
}
