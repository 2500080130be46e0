import type { IncomingMessage } from 'node:http';
import type { ExecutionContext } from '@nestjs/common';
import { currentScope, type TenantScope } from './tenant-scope.js';

/**
 * The scope of each HTTP request, kept by the request too: what arrives on the socket later, such as a body,
 * wakes code that is no longer in the scope the middleware opened.
 */
const scopes = new WeakMap<IncomingMessage, TenantScope>();

/** The request of node:http, whichever adapter wraps it; undefined for other transports. */
export function rawRequestOf(context: ExecutionContext): IncomingMessage | undefined {
  if (context.getType() !== 'http') return undefined;
  const request = context.switchToHttp().getRequest<IncomingMessage & { raw?: IncomingMessage }>();
  return request.raw ?? request;
}

export function scopeOfRequest(context: ExecutionContext): TenantScope | undefined {
  const request = rawRequestOf(context);
  return (request && scopes.get(request)) ?? currentScope();
}

export function keepScope(request: IncomingMessage, scope: TenantScope): void {
  scopes.set(request, scope);
}
