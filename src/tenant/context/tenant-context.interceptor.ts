import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Observable } from 'rxjs';
import { scopeOfRequest } from './request-scope.js';
import { runInScope } from './tenant-scope.js';

/**
 * Binds the scope round the handler, whether it answers with a value, a promise or an Observable: subscribing
 * is what starts an Observable, so that happens inside the scope too.
 */
@Injectable()
export class TenantContextInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const scope = scopeOfRequest(context);
    if (!scope) return next.handle();
    return new Observable((subscriber) => runInScope(scope, () => next.handle().subscribe(subscriber)));
  }
}
