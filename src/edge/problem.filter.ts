import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost, type AbstractHttpAdapter } from '@nestjs/core';
import { TenantError } from '@parallax/tenant';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { noteInRequestLog } from './logging/note-in-request-log.js';
import type { Problem } from './problems/problem.js';
import { problemDocument } from './problems/problem-document.js';
import { problemHeaders, REPLACED_HEADERS } from './problems/problem-headers.js';
import { toProblem } from './problems/to-problem.js';
import { requestIdOf } from './request-id.js';

type Request = IncomingMessage | { readonly raw: IncomingMessage };
type Response = (ServerResponse | { readonly raw: ServerResponse }) & { removeHeader(name: string): unknown };

/** Answers whatever a request ended in, on either adapter, with `application/problem+json`. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger = new Logger('Problem');

  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const problem = toProblem(thrown);
    noteInRequestLog({ code: problem.code });
    this.log(thrown, problem);
    this.answer('raw' in request ? request.raw : request, response, problem);
  }

  private log(thrown: unknown, { status }: Problem): void {
    if (thrown instanceof TenantError && thrown.logged) return;
    if (status === 503) this.#logger.warn({ msg: 'unavailable', err: thrown });
    else if (status >= 500) this.#logger.error({ msg: 'request failed', err: thrown });
    else if (thrown instanceof TenantError) this.#logger.debug({ msg: 'request refused', err: thrown });
    // Validation should have seen it coming. Other refusals are NestJS's own; their texts repeat the request.
    else if (!(thrown instanceof HttpException))
      this.#logger.warn({ msg: 'refused by the database', err: thrown });
  }

  private answer(request: IncomingMessage, response: Response, problem: Problem): void {
    const adapter: AbstractHttpAdapter = this.adapterHost.httpAdapter;
    if (adapter.isHeadersSent(response)) {
      // Ending it in the ordinary way would make what was cut off look complete.
      const raw = 'raw' in response ? response.raw : response;
      if (raw.headersSent && !raw.writableEnded) raw.destroy();
      return;
    }
    for (const name of REPLACED_HEADERS) response.removeHeader(name);
    for (const [name, value] of Object.entries(problemHeaders(problem))) {
      if (name === 'Retry-After' && adapter.getHeader(response, name) !== undefined) continue;
      adapter.setHeader(response, name, value);
    }
    adapter.reply(response, problemDocument(problem, requestIdOf(request)), problem.status);
  }
}
