import pg from 'pg';
import type { QueryRunner } from 'typeorm';
import { ConfigurationError } from '../../errors/isolation.errors.js';
import { rolesOfMigration, schemaOfMigration } from './identifiers.js';
import { createPolicy, dropPolicy, policiesOf, type ScopeForm } from './policies.js';

const FUNCTION = 'tenant_scope()';

/** Of the function: nobody but the system names what it calls. */
export const SCOPE_SEARCH_PATH = 'pg_catalog, pg_temp';

/** Each is a few microseconds of every statement; two are needed while one replaces the other. */
export const MAX_SCOPE_KEYS = 3;

/** What a proof signs, before `<tenantId>:<expiry>`. */
const PURPOSE = 'parallax:scope:v1:';

/**
 * Creates what a signed scope needs: the function `tenant_scope()`, which gives the tenant of the settings
 * `app.tenant_id` (canonical uuid) and `app.tenant_proof`, and the table of its keys. A proof is `<expiry>.<mac>`:
 * unix seconds, and the lower-case hexadecimal HMAC-SHA256 of `parallax:scope:v1:<tenantId>:<expiry>`. Any other, or
 * one that had expired when the transaction began, is an error of SQLSTATE 28000, so a long transaction ends as it
 * began.
 *
 * Until {@link setScopeKeys} there is no key, and no proof is right. Tables made from here on have policies that ask
 * for it; `tenancy policies apply` replaces those of the others.
 *
 * @throws ConfigurationError when the migration does not run as the owner that `tenancy setup` made
 * @example
 * await createSignedScope(queryRunner); // in a migration
 */
export async function createSignedScope(queryRunner: QueryRunner): Promise<void> {
  const { tenantApp } = await rolesOfMigration(queryRunner);
  const schema = await schemaOfMigration(queryRunner);
  await queryRunner.query(`
    CREATE TABLE ${schema}.tenant_scope_keys (
      place smallint PRIMARY KEY CHECK (place BETWEEN 1 AND ${MAX_SCOPE_KEYS}),
      inner_key bytea NOT NULL CHECK (octet_length(inner_key) = 64),
      outer_key bytea NOT NULL CHECK (octet_length(outer_key) = 64)
    )`);
  await queryRunner.query(`REVOKE ALL ON ${schema}.tenant_scope_keys FROM PUBLIC`);
  await queryRunner.query(`
    CREATE FUNCTION ${schema}.${FUNCTION} RETURNS uuid LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
      SET search_path = ${SCOPE_SEARCH_PATH} AS $function$${scopeFunctionBody(schema)}$function$`);
  await queryRunner.query(`REVOKE EXECUTE ON FUNCTION ${schema}.${FUNCTION} FROM PUBLIC`);
  await queryRunner.query(
    `GRANT EXECUTE ON FUNCTION ${schema}.${FUNCTION} TO ${pg.escapeIdentifier(tenantApp)}`,
  );
}

/** What the function does, given the quoted schema of its keys; the doctor compares with it. */
export function scopeFunctionBody(schema: string): string {
  // Digests are compared, so that the time it takes tells nothing of how much of a proof was right.
  return `
    DECLARE
      tenant text := current_setting('app.tenant_id', true);
      proof text := current_setting('app.tenant_proof', true);
      expiry text := split_part(proof, '.', 1);
      signed bytea := convert_to('${PURPOSE}' || tenant || ':' || expiry, 'UTF8');
      reason text;
    BEGIN
      IF coalesce(tenant, '') = '' OR coalesce(proof, '') = '' THEN
        reason := 'no proof';
      ELSIF tenant !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' OR proof !~ '^[0-9]{1,11}[.][0-9a-f]{64}$' THEN
        reason := 'malformed proof';
      ELSIF NOT EXISTS (
        SELECT FROM ${schema}.tenant_scope_keys AS k
        WHERE sha256(sha256(k.outer_key || sha256(k.inner_key || signed))) = sha256(decode(split_part(proof, '.', 2), 'hex'))
      ) THEN
        reason := 'wrong proof';
      ELSIF to_timestamp(expiry::double precision) <= transaction_timestamp() THEN
        reason := 'expired proof';
      ELSE
        RETURN tenant::uuid;
      END IF;
      RAISE EXCEPTION 'tenant scope refused: %', reason USING ERRCODE = 'invalid_authorization_specification';
    END `;
}

/**
 * The reverse of {@link createSignedScope}: every policy that asks for a proof is replaced by one that asks for the
 * setting, without a moment without either, and the keys are gone. Run it in a transaction.
 *
 * @throws ConfigurationError when the migration does not run as the owner that `tenancy setup` made
 * @example
 * await dropSignedScope(queryRunner);
 */
export async function dropSignedScope(queryRunner: QueryRunner): Promise<void> {
  const roles = await rolesOfMigration(queryRunner);
  const [signed, plain] = (['signed', 'setting'] as const).map(
    (scope) => policiesOf('scoped', roles, scope)[0],
  );
  if (!signed || !plain) return;
  const tables = (await queryRunner.query(
    `SELECT format('%I.%I', n.nspname, c.relname) AS "table" FROM pg_policy p
       JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE p.polname = $1 AND NOT EXISTS (
         SELECT FROM pg_policy other WHERE other.polrelid = p.polrelid AND other.polname = $2)`,
    [signed.name, plain.name],
  )) as { table: string }[];
  for (const { table } of tables) {
    await queryRunner.query(createPolicy(table, plain));
    await queryRunner.query(dropPolicy(table, signed.name));
  }
  await queryRunner.query(`DROP FUNCTION ${FUNCTION}`);
  await queryRunner.query('DROP TABLE tenant_scope_keys');
}

/**
 * What policies of this database ask for: told by whether the owner has a function to ask, in whatever schema.
 *
 * @throws ConfigurationError when the owner asks, and the name does not lead to it: policies made so would not call it
 */
export async function scopeFormOf(queryRunner: Pick<QueryRunner, 'query'>): Promise<ScopeForm> {
  const [row] = (await queryRunner.query(
    `WITH seen AS (SELECT to_regprocedure('${FUNCTION}') AS oid)
     SELECT seen.oid IS NOT NULL OR hidden.name IS NOT NULL AS signed, hidden.name AS hidden,
       right(current_user, 6) = '_owner' AS "asOwner"
     FROM seen LEFT JOIN LATERAL (
       SELECT n.nspname::text AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
       WHERE p.proname = 'tenant_scope' AND p.pronargs = 0 AND p.oid IS DISTINCT FROM seen.oid
         AND pg_get_userbyid(p.proowner) = regexp_replace(current_user, '_(login|control)$', '_owner') LIMIT 1
     ) AS hidden ON true`,
  )) as [{ signed: boolean; hidden: string | null; asOwner: boolean }];
  if (row.hidden !== null && row.asOwner) {
    throw new ConfigurationError(
      `The scope is signed by ${row.hidden}.${FUNCTION}, and this connection's search_path does not lead to it. ` +
        `Put the schema "${row.hidden}" on the search_path of the owner's connection.`,
    );
  }
  return row.signed ? 'signed' : 'setting';
}
