import type pg from 'pg';

const FEATURE_NOT_SUPPORTED = '0A000';
const INVALID_SQL_STATEMENT_NAME = '26000';

/** Whether a prepared statement is gone from the backend, or a change of tables has made its rows of another form. */
export function isStalePlan({ code, routine }: pg.DatabaseError): boolean {
  return (
    code === INVALID_SQL_STATEMENT_NAME ||
    // The code means much else, and the message comes in the server's language.
    (code === FEATURE_NOT_SUPPORTED && routine === 'RevalidateCachedQuery')
  );
}

/**
 * Whether the error may be one of a type that a column had when the statement was prepared: a parameter keeps the type
 * it was given then. Most are mistakes of the values, which being parsed anew does not change.
 */
export function mayComeOfOldTypes({ code }: pg.DatabaseError): boolean {
  return /^(?:22|42)/.test(code ?? '');
}
