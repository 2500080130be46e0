/**
 * Five capitals and digits, one digit at least; system error codes of that length all begin with E.
 * https://www.postgresql.org/docs/18/errcodes-appendix.html
 */
const SQL_STATE = /^(?=.*\d)[0-9A-DF-Z][0-9A-Z]{4}$/;

/** The SQLSTATE of an error that came from the database server. */
export function sqlStateOf(error: object): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && SQL_STATE.test(code) ? code : undefined;
}
