import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { Observable } from 'rxjs';
import { scopeOfRequest } from './request-scope.js';
import { TENANT_RUNTIME, type TenantRuntime } from './tenant-runtime.js';
import { runInScope, TenantScope } from './tenant-scope.js';

/**
 * Binds the scope round the handler, whether it answers with a value, a promise or an Observable: subscribing
 * is what starts an Observable, so that happens inside the scope too. For transports without middleware it opens
 * the scope, still empty: a caller nobody vouched for is not the process itself.
 */
@Injectable()
export class TenantContextInterceptor implements NestInterceptor {
  constructor(@Inject(TENANT_RUNTIME) private readonly runtime: TenantRuntime) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const scope = scopeOfRequest(context) ?? new TenantScope(this.runtime);
    return new Observable((subscriber) => runInScope(scope, () => next.handle().subscribe(subscriber)));
  }
}
