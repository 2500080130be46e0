import type { IncomingMessage } from 'node:http';
import { UnauthenticatedError } from '@parallax/tenant';

/** The token of RFC 6750, at a length no real key exceeds. */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]{1,512}=*)$/i;

/**
 * The token a request carries; undefined when it carries no credential at all.
 *
 * @throws UnauthenticatedError when it carries something else, or more than one.
 */
export function bearerToken(request: IncomingMessage): string | undefined {
  // Node keeps only the first of a repeated Authorization header; this view tells that there were more.
  const values = request.headersDistinct.authorization;
  if (!values) return undefined;
  const token = values.length === 1 ? BEARER.exec(values[0] ?? '')?.[1] : undefined;
  if (token === undefined)
    throw new UnauthenticatedError('The Authorization header is not one Bearer token.');
  return token;
}
