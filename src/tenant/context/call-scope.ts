import type { ExecutionContext } from '@nestjs/common';
import { TenantScopeMismatchError } from '../errors/isolation.errors.js';
import { rawRequestOf } from './transport-request.js';
import { currentScope, TenantScope } from './tenant-scope.js';
import type { TenantRuntime } from './tenant-runtime.js';

/**
 * The scope of each call, kept by the call too and not only by the running code: what arrives on a socket later,
 * such as a body or the next message, wakes code that is no longer in the scope that was opened, and may be in
 * that of another call on the same socket.
 */
const scopes = new WeakMap<object, TenantScope>();

/**
 * What is one and the same for every guard, interceptor and filter of a call: its HTTP request, or, of a message,
 * the array of its arguments. Messages of one connection are calls of their own.
 */
function callOf(context: ExecutionContext): object {
  return (isOfRequest(context) ? rawRequestOf(context) : undefined) ?? context.getArgs();
}

function isOfRequest(context: ExecutionContext): boolean {
  const type = context.getType<string>();
  return type === 'http' || type === 'graphql';
}

export function scopeOfCall(context: ExecutionContext): TenantScope | undefined {
  return scopes.get(callOf(context));
}

/**
 * The scope of the call; a call that no middleware saw gets its scope here, still empty.
 *
 * @throws TenantScopeMismatchError when the request comes along in the scope of another one: what runs round the
 *   handler, such as guards and filters, would act as that one's tenant.
 */
export function openScopeOfCall(context: ExecutionContext, runtime: TenantRuntime): TenantScope {
  const call = callOf(context);
  const kept = scopes.get(call);
  if (kept && isOfRequest(context) && (currentScope() ?? kept) !== kept) {
    throw new TenantScopeMismatchError(
      'A request came to its handler in the scope of another request',
      'A middleware lets those who wait go on in the scope of one of them: give it AsyncResource.bind(next).',
    );
  }
  const scope = kept ?? new TenantScope(runtime);
  scopes.set(call, scope);
  return scope;
}

export function keepScope(call: object, scope: TenantScope): void {
  scopes.set(call, scope);
}
