import { isCanonicalTenantId } from '../context/tenant-id.js';
import { tryGetTenantContext } from '../context/tenant-scope.js';
import {
  ConfigurationError,
  TenantScopeMismatchError,
  TenantScopeMissingError,
} from '../errors/isolation.errors.js';
import { ReservationNotFoundError } from '../errors/quota.errors.js';
import { TenantNotFoundError, ValidationFailedError } from '../errors/request.errors.js';

export const DEFAULT_TTL_SECONDS = 900;
export const MAX_TTL_SECONDS = 86_400;

/** Of 255, since clients make them up from names and hashes; nothing but what any log and database can hold. */
const KEY = /^[\x21-\x7e]{1,255}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The tenant that pays: the scope's. A job of the platform, outside any scope, may name one. */
export function payingTenant(method: string, named: string | undefined): string {
  const scoped = tryGetTenantContext()?.tenantId;
  if (scoped === undefined && named === undefined)
    throw new TenantScopeMissingError(`${method}() was called`);
  if (scoped !== undefined && named !== undefined && named !== scoped) {
    throw new TenantScopeMismatchError(
      `${method}() was called for another tenant than the scope's`,
      'Acting as another tenant takes a scope of its own: runWithTenantContext({ tenantId }, fn).',
    );
  }
  const tenantId = named ?? scoped ?? '';
  if (!isCanonicalTenantId(tenantId)) throw new TenantNotFoundError();
  return tenantId;
}

export function checkedAmount(amount: number, least: 0 | 1): number {
  if (Number.isSafeInteger(amount) && amount >= least) return amount;
  throw new ConfigurationError(`A quota is taken in whole units from ${least}, not ${amount}.`);
}

export function checkedTtl(seconds = DEFAULT_TTL_SECONDS): number {
  if (Number.isSafeInteger(seconds) && seconds >= 1 && seconds <= MAX_TTL_SECONDS) return seconds;
  throw new ConfigurationError(`ttlSeconds is a whole number from 1 to ${MAX_TTL_SECONDS}, not ${seconds}.`);
}

/** A key is often a client's, so what is wrong with it is a client's to read. */
export function checkedKey(key: string | undefined): string | undefined {
  if (key === undefined || KEY.test(key)) return key;
  throw new ValidationFailedError([
    { field: 'idempotencyKey', message: 'must be 1 to 255 printable ASCII characters without spaces' },
  ]);
}

export function checkedReservationId(id: string): string {
  if (!UUID.test(id)) throw new ReservationNotFoundError();
  return id;
}
