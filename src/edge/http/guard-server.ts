import type { RequestListener, Server } from 'node:http';
import { writeProblem } from '../problems/write-problem.js';
import { statusProblem } from '../problems/status-problem.js';
import { answerClientError } from './client-error.js';
import type { HttpOptions } from './http-options.js';
import { openRequest } from './open-request.js';
import { countRequest } from './requests-in-flight.js';

/**
 * Puts the doorman before a framework's server: time limits, an id and a log line for every request, and a problem
 * as the answer to what the framework never gets to see. The framework's listener has to be there already.
 */
export function guardServer(server: Server, options: Required<HttpOptions>): Server {
  server.headersTimeout = options.headersTimeoutMs;
  server.requestTimeout = options.requestTimeoutMs;
  server.keepAliveTimeout = options.keepAliveTimeoutMs;
  const listeners = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    countRequest(server, response);
    openRequest(request, response, () => {
      if (server.listening) {
        for (const listener of listeners) listener.call(server, request, response);
      } else {
        // Shutting down: a connection that was kept alive brought one more request.
        response.setHeader('Connection', 'close');
        writeProblem(request, response, statusProblem(503));
      }
    });
  });
  server.on('checkExpectation', (request, response) => {
    openRequest(request, response, () => writeProblem(request, response, statusProblem(417)));
  });
  server.on('clientError', answerClientError);
  return server;
}
