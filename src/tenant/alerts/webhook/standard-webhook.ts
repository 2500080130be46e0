import { createHmac } from 'node:crypto';
import { ConfigurationError } from '../../errors/isolation.errors.js';

const PREFIX = 'whsec_';
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** Of the key itself. */
const [LEAST_BYTES, MOST_BYTES] = [24, 64];

/** What is signed. Timestamp is in whole seconds since 1970. */
export interface WebhookMessage {
  readonly id: string;
  readonly timestamp: number;
  readonly body: string | Uint8Array;
}

/**
 * The keys of secrets as the specification writes them.
 *
 * @throws ConfigurationError for what is no such secret. It is never repeated.
 */
export function webhookKeys(secrets: readonly string[], named: string): Buffer[] {
  // An environment variable that is not set, and callers without types.
  const given: unknown = secrets;
  if (!Array.isArray(given) || given.some((secret) => typeof secret !== 'string'))
    throw new ConfigurationError(`${named} is a list of secrets, and one of them is not set.`);
  if (secrets.length === 0) throw new ConfigurationError(`${named} needs at least one secret.`);
  return secrets.map((secret) => {
    const text = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : '';
    const key = Buffer.from(BASE64.test(text) ? text : '', 'base64');
    if (key.length >= LEAST_BYTES && key.length <= MOST_BYTES) return key;
    throw new ConfigurationError(
      `${named} must be ${PREFIX} and the base64 of ${LEAST_BYTES} to ${MOST_BYTES} random bytes: ` +
        `echo "${PREFIX}$(openssl rand -base64 32)"`,
    );
  });
}

/** One signature, as bytes. https://www.standardwebhooks.com, “Signature scheme” */
export function webhookSignature({ id, timestamp, body }: WebhookMessage, key: Buffer): Buffer {
  return createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
}
