import type { ServerResponse } from 'node:http';
import { runInScope, type TenantScope } from './tenant-scope.js';

/**
 * Lets what listens to a response run in the scope of its request. With HTTP pipelining its `drain` comes when the
 * response before it has ended, in that one's scope: a stream that a handler pipes into `@Res()` would go on
 * reading there, as another tenant.
 */
export function bindResponse(response: ServerResponse, scope: TenantScope): void {
  const emit = response.emit.bind(response) as (...args: unknown[]) => boolean;
  response.emit = (...args: unknown[]) => runInScope(scope, () => emit(...args));
}
