import type { PayloadSigner } from '../context/payload-signer.js';
import type { Principal } from '../context/principal.js';
import { UnauthenticatedError } from '../errors/request.errors.js';
import { canonicalJson } from './canonical-json.js';

/** In whose name a payload was written. */
export interface PayloadTenant {
  /** uuid */
  readonly id: string;
  readonly userId?: string;
  readonly userRoles?: readonly string[];
  readonly kind?: Principal['kind'];
  /** Milliseconds since 1970. */
  readonly issuedAt: number;
}

/** Data and the tenant it belongs to, signed together: neither can be given to the other's job. Plain JSON. */
export interface TenantPayload<T = unknown> {
  readonly tenant: PayloadTenant;
  readonly data: T;
  readonly signature: string;
}

const MESSAGE = {
  form: 'The payload is not one that serializeTenantContext() made.',
  signature:
    'The signature of the payload does not fit: it was changed, or written under none of the keys in payloads.keys.',
  age: 'The payload is older than payloads.maxAgeMs.',
};

export function sealed<T>(tenant: PayloadTenant, data: T, signer: PayloadSigner): TenantPayload<T> {
  // As it will be read back, so that what is signed is what the handler gets.
  const plain = data === undefined ? data : (JSON.parse(JSON.stringify(data)) as T);
  return { tenant, data: plain, signature: signer.sign(canonicalJson({ tenant, data: plain })) };
}

export function isTenantPayload(value: unknown): value is TenantPayload {
  const { tenant, signature } = (value ?? {}) as Partial<Record<keyof TenantPayload, unknown>>;
  const { id, issuedAt } = (tenant ?? {}) as Partial<Record<keyof PayloadTenant, unknown>>;
  return typeof signature === 'string' && typeof id === 'string' && typeof issuedAt === 'number';
}

/** @throws UnauthenticatedError when it is not as this application wrote it, or too old. */
export function opened<T>(payload: TenantPayload<T>, signer: PayloadSigner): PayloadTenant {
  if (!isTenantPayload(payload)) throw new UnauthenticatedError(MESSAGE.form);
  const { tenant, data, signature } = payload;
  if (!isSigned({ tenant, data }, signature, signer)) throw new UnauthenticatedError(MESSAGE.signature);
  if (Date.now() - tenant.issuedAt > signer.maxAgeMs) throw new UnauthenticatedError(MESSAGE.age);
  return tenant;
}

function isSigned(content: object, signature: string, signer: PayloadSigner): boolean {
  try {
    return signer.verify(canonicalJson(content), signature);
  } catch {
    return false;
  }
}
