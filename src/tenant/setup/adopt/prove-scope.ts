import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { ScopeSigner } from '../../isolation/client/scope-signer.js';

/** Of SHA-256: a key as long as a block is what HMAC pads a shorter one to. */
const BLOCK_BYTES = 64;

/**
 * Proves a scope to the database by a key that only this transaction sees. The caller rolls it back: the keys in use
 * are replaced in it.
 */
export async function proveForThisTransaction(
  admin: pg.ClientBase,
  schema: string,
  tenantId: string,
): Promise<void> {
  const key = randomBytes(BLOCK_BYTES / 2).toString('hex');
  const padded = (by: number): Buffer => Buffer.from(Buffer.from(key).map((byte) => byte ^ by));
  await admin.query(
    `INSERT INTO ${schema}.tenant_scope_keys (place, inner_key, outer_key) VALUES (1, $1, $2)
      ON CONFLICT (place) DO UPDATE SET inner_key = excluded.inner_key, outer_key = excluded.outer_key`,
    [padded(0x36), padded(0x5c)],
  );
  await admin.query(`SELECT set_config('app.tenant_proof', $1, true)`, [
    new ScopeSigner(key).proofOf(tenantId),
  ]);
}
