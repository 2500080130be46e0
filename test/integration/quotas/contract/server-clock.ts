import pg from 'pg';

const SCHEMA = 'test_time';

/** For connections that are to see the clock below: `options` of a client. */
export const ON_TEST_TIME = `-c search_path=${SCHEMA},pg_catalog,public`;

/**
 * A clock of the test's own in the place of the server's, for the functions that count: found before
 * `pg_catalog.clock_timestamp`, it stands still until it is set.
 */
export async function replaceServerClock(admin: pg.Pool): Promise<(at: Date) => Promise<void>> {
  await admin.query(`CREATE SCHEMA ${SCHEMA}`);
  await admin.query(`CREATE TABLE ${SCHEMA}.clock AS SELECT pg_catalog.clock_timestamp() AS at`);
  await admin.query(
    `CREATE FUNCTION ${SCHEMA}.clock_timestamp() RETURNS timestamptz LANGUAGE sql SECURITY DEFINER
       AS 'SELECT at FROM ${SCHEMA}.clock'`,
  );
  await admin.query(`GRANT USAGE ON SCHEMA ${SCHEMA} TO PUBLIC`);
  const { rows } = await admin.query<{ function: string }>(
    `SELECT oid::regprocedure::text AS function FROM pg_proc
       WHERE pronamespace = 'public'::regnamespace AND prosrc LIKE '%clock_timestamp()%'`,
  );
  for (const row of rows)
    await admin.query(`ALTER FUNCTION ${row.function} SET search_path = ${SCHEMA}, pg_catalog, pg_temp`);
  return async (at) => {
    await admin.query(`UPDATE ${SCHEMA}.clock SET at = $1`, [at]);
  };
}
