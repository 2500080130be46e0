import { createHash } from 'node:crypto';
import pg from 'pg';
import type { QueryRunner } from 'typeorm';
import { ConfigurationError } from '../../errors/isolation.errors.js';
import { MAX_SCOPE_KEYS } from './signed-scope.js';

/** That of SHA-256: what HMAC pads a key to. */
const BLOCK_BYTES = 64;

const MIN_KEY_BYTES = 32;

/**
 * Sets the keys whose proofs `tenant_scope()` takes, in the place of those before. To rotate: set the new one and the
 * old one, give the new one to every process that signs, then set the new one alone. Takes effect when the caller's
 * transaction commits.
 *
 * They are bound as parameters and pass by TypeORM's logging. A server that could log the parameters of a statement, of
 * every one, of a slow, sampled or failed one, would keep them in its log, so there it is refused. What an extension
 * logs by settings of its own (pgaudit, auto_explain) is not looked at.
 *
 * @param keys one to three, of at least 32 bytes each; text stands for its UTF-8 bytes
 * @throws ConfigurationError for too few, too many or too short keys, or a server that would log them
 * @example
 * await createSignedScope(queryRunner);
 * await setScopeKeys(queryRunner, [newKey, oldKey]);
 */
export async function setScopeKeys(
  queryRunner: QueryRunner,
  keys: readonly (string | Uint8Array)[],
): Promise<void> {
  if (keys.length < 1 || keys.length > MAX_SCOPE_KEYS) {
    throw new ConfigurationError(
      `A signed scope has one to ${MAX_SCOPE_KEYS} keys, not ${keys.length}: the one in use, and those on their way out.`,
    );
  }
  const padded = keys.map((key) => padKey(Buffer.from(key as string)));
  const client = (await queryRunner.connect()) as pg.ClientBase;
  await assertParametersUnlogged(client);
  // One statement: there is no moment in which no key is right.
  await client.query(
    `WITH given AS (SELECT * FROM unnest($1::smallint[], $2::bytea[], $3::bytea[]) AS g(place, inner_key, outer_key)),
       gone AS (DELETE FROM tenant_scope_keys WHERE place NOT IN (SELECT place FROM given))
     INSERT INTO tenant_scope_keys SELECT * FROM given
       ON CONFLICT (place) DO UPDATE SET inner_key = excluded.inner_key, outer_key = excluded.outer_key`,
    [padded.map((_, at) => at + 1), padded.map(({ inner }) => inner), padded.map(({ outer }) => outer)],
  );
}

/** RFC 2104: what is hashed before the message, and before the digest of both. */
function padKey(key: Buffer): { inner: Buffer; outer: Buffer } {
  if (key.length < MIN_KEY_BYTES) {
    throw new ConfigurationError(
      `A key of the signed scope has at least ${MIN_KEY_BYTES} bytes, not ${key.length}: openssl rand -base64 48.`,
    );
  }
  const block = Buffer.alloc(BLOCK_BYTES);
  (key.length > BLOCK_BYTES ? createHash('sha256').update(key).digest() : key).copy(block);
  return {
    inner: block.map((byte) => byte ^ 0x36) as Buffer,
    outer: block.map((byte) => byte ^ 0x5c) as Buffer,
  };
}

async function assertParametersUnlogged(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ name: string; user: string }>(
    `WITH setting AS (SELECT name, setting FROM pg_settings)
     SELECT current_user AS "user", name FROM setting
     WHERE setting <> '0' AND (name = 'log_parameter_max_length_on_error'
       OR name = 'log_parameter_max_length' AND EXISTS (SELECT FROM setting WHERE
         name = 'log_statement' AND setting IN ('mod', 'all')
         OR name IN ('log_min_duration_statement', 'log_min_duration_sample') AND setting <> '-1'
         OR name = 'log_transaction_sample_rate' AND setting <> '0'))
     ORDER BY name`,
  );
  if (rows.length === 0) return;
  const mends = rows.map(({ user, name }) => `ALTER ROLE ${pg.escapeIdentifier(user)} SET ${name} = 0`);
  throw new ConfigurationError(
    'This server logs the parameters of statements, and could log the key of the signed scope. ' +
      `As a superuser, then connect again: ${mends.join('; ')}.`,
  );
}
