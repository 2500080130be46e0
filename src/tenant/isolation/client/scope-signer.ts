import { createHmac } from 'node:crypto';
import { ConfigurationError } from '../../errors/isolation.errors.js';

const MIN_KEY_BYTES = 32;
const LIFETIME_S = 300;
const MAX_TENANTS = 10_000;

interface Proof {
  readonly text: string;
  readonly renewAt: number;
}

/** Proofs that this process may act for a tenant, for the database to judge at the start of each transaction. */
export class ScopeSigner {
  readonly #key: string;
  readonly #proofs = new Map<string, Proof>();

  /** @throws ConfigurationError for a key of less than 32 bytes of UTF-8 */
  constructor(
    key: string,
    private readonly lifetimeS = LIFETIME_S,
  ) {
    this.#key = key;
    const bytes = Buffer.byteLength(key);
    if (bytes < MIN_KEY_BYTES) {
      throw new ConfigurationError(
        `scopeKey has ${bytes} bytes; it needs at least ${MIN_KEY_BYTES}: openssl rand -base64 48.`,
      );
    }
  }

  /** `<expiry in unix seconds>.<mac>`, good for at least half of its life more. */
  proofOf(tenantId: string): string {
    const now = Math.floor(Date.now() / 1000);
    const known = this.#proofs.get(tenantId);
    if (known && now < known.renewAt) return known.text;
    const expiry = now + this.lifetimeS;
    const mac = createHmac('sha256', this.#key)
      .update(`parallax:scope:v1:${tenantId}:${expiry}`)
      .digest('hex');
    const text = `${expiry}.${mac}`;
    this.#proofs.delete(tenantId);
    this.#proofs.set(tenantId, { text, renewAt: now + this.lifetimeS / 2 });
    const [oldest] = this.#proofs.size > MAX_TENANTS ? this.#proofs.keys() : [];
    if (oldest !== undefined) this.#proofs.delete(oldest);
    return text;
  }
}
