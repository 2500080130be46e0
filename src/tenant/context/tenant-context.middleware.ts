import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable, type NestMiddleware } from '@nestjs/common';
import { AnswerHeaders } from './answer-headers.js';
import { bindResponse } from './bind-response.js';
import { keepScope } from './call-scope.js';
import { TENANT_RUNTIME, type TenantRuntime } from './tenant-runtime.js';
import { runInScope, TenantScope } from './tenant-scope.js';

/**
 * Opens the scope of a request, still empty, so that guards, pipes, filters and streams all live in it. A
 * request it does not see has no scope here, and without a scope nothing can be read. TenantModule applies it to
 * every route.
 */
@Injectable()
export class TenantContextMiddleware implements NestMiddleware<IncomingMessage, ServerResponse> {
  constructor(@Inject(TENANT_RUNTIME) private readonly runtime: TenantRuntime) {}

  use(request: IncomingMessage, response: ServerResponse, next: () => void): void {
    const scope = new TenantScope(
      this.runtime,
      undefined,
      undefined,
      'transport',
      new AnswerHeaders(response, this.runtime.limitHeaders),
    );
    keepScope(request, scope);
    bindResponse(response, scope);
    runInScope(scope, next);
  }
}
