import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError } from '@parallax/tenant';
import type { Reader } from './environment.js';
import { readOrCreatePrivateFile } from './private-file.js';

export const MIN_SECRET_LENGTH = 32;
export const MIN_DISTINCT_CHARACTERS = 8;

/** Long enough, and fit for an `Authorization` header. */
export const secret: Reader<string> = (value) =>
  value.length >= MIN_SECRET_LENGTH && /^[\x21-\x7e]+$/.test(value) ? value : undefined;

/** Also not one that a person made by holding down a key. Random hex of that length has 13 characters or so. */
export const apiKey: Reader<string> = (value) =>
  new Set(value).size >= MIN_DISTINCT_CHARACTERS ? secret(value) : undefined;

/** The key of an installation that was given none: made at its first start. */
export function ownSecretKey(dataDir: string): string {
  try {
    mkdirSync(dataDir, { recursive: true });
    return readOrCreatePrivateFile(join(dataDir, 'secret-key'), () => randomBytes(32).toString('base64url'));
  } catch (cause) {
    throw new ConfigurationError(
      `SECRET_KEY is not set, and one could not be kept under ${dataDir} (${(cause as Error).message}). ` +
        'Set SECRET_KEY, or DATA_DIR to a folder of your own.',
    );
  }
}
