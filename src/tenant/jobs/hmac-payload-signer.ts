import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { PayloadSigner } from '../context/payload-signer.js';
import { ConfigurationError } from '../errors/isolation.errors.js';

/** The keys for what leaves the process, and how long it counts. */
export interface PayloadOptions {
  /**
   * Secrets of at least 32 characters, the same in every process that writes or reads payloads. The first signs,
   * all of them verify: a new one goes to the front, and the old one leaves when nothing it signed is waiting.
   */
  readonly keys: readonly string[];
  /**
   * How long a payload may wait before it is run, in milliseconds.
   *
   * @default 2_592_000_000 (30 days)
   */
  readonly maxAgeMs?: number;
}

const MIN_KEY_LENGTH = 32;
const KEY_BYTES = 32;
const THIRTY_DAYS_MS = 30 * 24 * 60 * 60 * 1_000;

/** Signs by HMAC-SHA-256, under keys derived for this purpose alone. */
export class HmacPayloadSigner implements PayloadSigner {
  readonly maxAgeMs: number;
  readonly #keys: readonly Buffer[];

  /** @throws ConfigurationError when a key is too short, there is none, or `maxAgeMs` is no whole number from 1. */
  constructor({ keys, maxAgeMs = THIRTY_DAYS_MS }: PayloadOptions) {
    if (keys.length === 0 || keys.some(({ length }) => length < MIN_KEY_LENGTH)) {
      throw new ConfigurationError(
        `The option payloads.keys needs secrets of at least ${MIN_KEY_LENGTH} characters.`,
      );
    }
    if (!Number.isSafeInteger(maxAgeMs) || maxAgeMs <= 0) {
      throw new ConfigurationError('The option payloads.maxAgeMs is a whole number of milliseconds.');
    }
    this.maxAgeMs = maxAgeMs;
    this.#keys = keys.map((key) =>
      Buffer.from(hkdfSync('sha256', key, '', '@parallax/tenant payloads', KEY_BYTES)),
    );
  }

  sign(text: string): string {
    const [current] = this.#keys as [Buffer];
    return mac(current, text).toString('base64url');
  }

  verify(text: string, signature: string): boolean {
    const given = Buffer.from(signature, 'base64url');
    return this.#keys.some((key) => {
      const expected = mac(key, text);
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
  }
}

function mac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
