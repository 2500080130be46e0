import { Catch, type RpcExceptionFilter } from '@nestjs/common';
import { TenantError } from '@parallax/tenant';
import { type Observable, throwError } from 'rxjs';

/** Tells the caller the code of an error of the library; NestJS tells it "Internal server error" only. */
@Catch(TenantError)
export class TenantRpcFilter implements RpcExceptionFilter<TenantError> {
  catch({ code }: TenantError): Observable<never> {
    return throwError(() => ({ status: 'error', code }));
  }
}
