import type { IncomingMessage } from 'node:http';
import { type ArgumentsHost, Catch } from '@nestjs/common';
import { BaseWsExceptionFilter, WsException } from '@nestjs/websockets';
import { type Principal, TenantError } from '@parallax/tenant';

/** Who opened a connection, as an application would find out from a cookie or token. */
export function authenticate(request: IncomingMessage | undefined): Principal | undefined {
  const sent = request?.headers['x-test-principal'];
  if (sent === 'forged') throw new Error('the token is not what it says it is');
  return typeof sent === 'string' ? (JSON.parse(sent) as Principal) : undefined;
}

/** Tells clients the code of an error of the library; NestJS tells them "Internal server error" only. */
@Catch(TenantError)
export class TenantErrorFilter extends BaseWsExceptionFilter<TenantError> {
  override catch({ code }: TenantError, host: ArgumentsHost): void {
    super.catch(new WsException({ status: 'error', code }) as unknown as TenantError, host);
  }
}
