import {
  Injectable,
  StreamableFile,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { map, type Observable } from 'rxjs';
import { noteInRequestLog } from '../logging/note-in-request-log.js';
import { toProblem } from './to-problem.js';
import { writeProblem } from './write-problem.js';

/**
 * A stream that fails on Express never reaches a filter: NestJS answers it in plain text. This makes it a problem
 * as on Fastify, or, once it has begun, a response the client can tell is incomplete.
 */
@Injectable()
export class ProblemStreamInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    noteInRequestLog();
    const http = context.switchToHttp();
    return next.handle().pipe(
      map((result: unknown) => {
        if (!(result instanceof StreamableFile)) return result;
        const request = http.getRequest<IncomingMessage>();
        const response = http.getResponse<ServerResponse>();
        return result.setErrorHandler((error) => {
          result.errorLogger(error);
          writeProblem(request, response, toProblem(error));
        });
      }),
    );
  }
}
