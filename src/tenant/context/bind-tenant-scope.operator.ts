import { type MonoTypeOperatorFunction, Observable } from 'rxjs';
import { currentScope, runInScope, runOutsideScope } from './tenant-scope.js';

/**
 * Lets what comes after it in a pipe run in the scope of whoever subscribed. An Observable's operators run where
 * the value was emitted: of a Subject that many requests feed, in the scope of the request that fed it.
 *
 * @example
 * \@Sse('changes')
 * changes() {
 *   return this.changes$.pipe(bindTenantScope(), mergeMap(() => this.notes.find()));
 * }
 */
export function bindTenantScope<T>(): MonoTypeOperatorFunction<T> {
  return (source) =>
    new Observable((subscriber) => {
      const scope = currentScope();
      const within = <R>(fn: () => R): R => (scope ? runInScope(scope, fn) : runOutsideScope(fn));
      return source.subscribe({
        next: (value) => within(() => subscriber.next(value)),
        error: (error: unknown) => within(() => subscriber.error(error)),
        complete: () => within(() => subscriber.complete()),
      });
    });
}
