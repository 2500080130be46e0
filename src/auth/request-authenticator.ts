import type { IncomingMessage } from 'node:http';
import { type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type Principal, UnauthenticatedError } from '@parallax/tenant';
import { ApiKeyService } from './api-key.service.js';
import { bearerToken } from './bearer-token.js';
import { FailedCredentials } from './failed-credentials.js';
import { IS_PUBLIC } from './public.decorator.js';

/** Finds out who is calling; TenantGuard asks it through the option `principal`. */
@Injectable()
export class RequestAuthenticator {
  constructor(
    private readonly keys: ApiKeyService,
    private readonly failed: FailedCredentials,
    private readonly reflector: Reflector,
  ) {}

  /**
   * @throws UnauthenticatedError when a credential is sent and is not one of ours; QuotaExceededError when too many such
   *   came from there.
   */
  async principalOf(context: ExecutionContext): Promise<Principal | undefined> {
    if (this.reflector.getAllAndOverride<boolean>(IS_PUBLIC, [context.getHandler(), context.getClass()])) {
      return undefined;
    }
    const request = context.switchToHttp().getRequest<IncomingMessage & { raw?: IncomingMessage }>();
    const raw = request.raw ?? request;
    const token = bearerToken(raw);
    if (token === undefined) return undefined;
    const principal = await this.keys.authenticate(token);
    if (principal) return principal;
    await this.failed.note(request);
    throw new UnauthenticatedError('The API key is unknown or revoked.');
  }
}
