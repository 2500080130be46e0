import { createHash } from 'node:crypto';
import type { ExecutionContext } from '@nestjs/common';
import type { TenantScope } from '../context/tenant-scope.js';
import { rawRequestOf, transportRequestOf } from '../context/transport-request.js';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { clientAddress } from './client-address.js';

const SUBJECT = /^[\x21-\x7e]{1,200}$/;

/** A subject as stores take it: one they could not is known by its hash. */
export function checkedSubject(subject: string): string {
  if (typeof subject !== 'string' || subject === '')
    throw new ConfigurationError('The key of a rate limit is a text that is not empty.');
  return SUBJECT.test(subject)
    ? subject
    : `sha256:${createHash('sha256').update(subject).digest('base64url')}`;
}

/**
 * Whom a call is counted for: its tenant, else its principal, else the address it came from. Undefined in RPC, where
 * nobody knows.
 */
export function subjectOfCall(context: ExecutionContext, scope: TenantScope | undefined): string | undefined {
  if (scope?.tenant) return scope.tenant.tenantId;
  if (scope?.principal) return checkedSubject(`principal:${scope.principal.id}`);
  return addressOfCall(context);
}

export function addressOfCall(context: ExecutionContext): string | undefined {
  const request = transportRequestOf(context) ?? rawRequestOf(context);
  const address = request && clientAddress(request);
  return address === undefined ? undefined : checkedSubject(`address:${address}`);
}
