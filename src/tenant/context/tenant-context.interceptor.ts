import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  Logger,
  type NestInterceptor,
} from '@nestjs/common';
import { Observable } from 'rxjs';
import { TenantScopeMismatchError } from '../errors/isolation.errors.js';
import { logInternalError } from '../errors/log-internal-error.js';
import { QuotaExceededError } from '../errors/quota.errors.js';
import { bindStream } from './bind-stream.js';
import { openScopeOfCall } from './call-scope.js';
import { TENANT_RUNTIME, type TenantRuntime } from './tenant-runtime.js';
import { runInScope, type TenantScope, tryGetTenantContext } from './tenant-scope.js';

/**
 * Binds the scope round the handler, whether it answers with a value, a promise, a stream or an Observable:
 * subscribing is what starts an Observable, so that happens inside the scope too. For transports without
 * middleware it opens the scope, still empty: a caller nobody vouched for is not the process itself. TenantModule
 * puts it round every handler.
 *
 * @throws TenantScopeMismatchError when what the handler answers with was produced in the scope of another tenant, or
 *   the request came to it in the scope of another request.
 */
@Injectable()
export class TenantContextInterceptor implements NestInterceptor {
  readonly #logger = new Logger(TenantContextInterceptor.name);

  constructor(@Inject(TENANT_RUNTIME) private readonly runtime: TenantRuntime) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const scope = openScopeOfCall(context, this.runtime);
    const within = <R>(fn: () => R): R => runInScope(scope, fn);
    // A source that several requests feed tells of values, errors and its end in the scope of the one that fed
    // it, and is left in that of the socket: what comes after the handler runs in the scope of this call all the same.
    return new Observable((subscriber) => {
      const fail = (error: unknown): void => {
        logInternalError(error, this.#logger);
        // Only here is it the answer: further in, somebody may have caught it and gone on.
        if (error instanceof QuotaExceededError && context.getType() === 'http') {
          scope.answer?.refuse(error.retryAfter, error.retryable);
        }
        within(() => subscriber.error(error));
      };
      const source = within(() =>
        next.handle().subscribe({
          next: (value: unknown) => {
            if (isForeignTo(scope)) fail(producedElsewhere('a value'));
            else within(() => subscriber.next(bindStream(value, scope)));
          },
          error: (error: unknown) => fail(isForeignTo(scope) ? producedElsewhere('an error', error) : error),
          complete: () => within(() => subscriber.complete()),
        }),
      );
      return () => within(() => source.unsubscribe());
    });
  }
}

function isForeignTo(scope: TenantScope): boolean {
  const running = tryGetTenantContext();
  return running !== undefined && running.tenantId !== scope.tenant?.tenantId;
}

function producedElsewhere(what: string, cause?: unknown): TenantScopeMismatchError {
  const error = new TenantScopeMismatchError(
    `An Observable answered with ${what} that was produced in the scope of another tenant`,
    'Put bindTenantScope() right after the source that several requests feed, such as a Subject.',
  );
  return Object.assign(error, { cause });
}
