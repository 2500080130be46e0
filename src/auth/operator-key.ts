import { ConfigurationError } from '@parallax/tenant';
import type { DataSource } from 'typeorm';
import { ApiKeyEntity } from './api-key.entity.js';
import { ApiKeyService } from './api-key.service.js';
import { KeyHasher } from './key-hasher.js';

/** Any number: it only has to be the same in every process. */
const OPERATOR_KEY_LOCK = 715_517_001;

/**
 * Sees to it that there is an operator. With a configured key, that one is an operator's; without, the first
 * start on an empty database makes one. Processes that start together make one between them.
 *
 * @returns the key just made, to be shown once; undefined when there was nothing to make.
 */
export function ensureOperatorKey(
  control: DataSource,
  secretKey: string,
  configured: string | undefined,
): Promise<string | undefined> {
  return control.transaction(async (manager) => {
    await manager.query('SELECT pg_advisory_xact_lock($1)', [OPERATOR_KEY_LOCK]);
    const keys = new ApiKeyService(manager.getRepository(ApiKeyEntity), new KeyHasher(secretKey));
    if (configured !== undefined) {
      const standing = await keys.standingOf(configured);
      if (standing === 'other') {
        throw new ConfigurationError(
          "OPERATOR_API_KEY is a tenant's key, or one that was revoked. Set another.",
        );
      }
      if (standing === 'unknown') await keys.issueForOperator('OPERATOR_API_KEY', configured);
      return undefined;
    }
    return (await keys.hasOperator()) ? undefined : (await keys.issueForOperator('first operator')).key;
  });
}
