import { createHmac, hkdfSync, randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;

export type KeyKind = 'tenant' | 'operator';

/** Makes keys and their hashes. The hash is keyed: who steals the table cannot even test a guess. */
export class KeyHasher {
  readonly #key: Buffer;

  constructor(secretKey: string) {
    this.#key = Buffer.from(hkdfSync('sha256', secretKey, '', 'parallax api keys', SECRET_BYTES));
  }

  /** 256 random bits, after a prefix that tells a person what they hold. */
  generate(kind: KeyKind): string {
    return `plx_${kind}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  }

  hash(key: string): Buffer {
    return createHmac('sha256', this.#key).update(key).digest();
  }
}
