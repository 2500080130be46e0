import { errorChain } from './error-chain.js';
import type { Problem } from './problem.js';
import { sqlStateOf } from './sql-state.js';
import { statusProblem } from './status-problem.js';

/** States of class 22 that only a value somebody sent can cause; the others are our own mistakes. */
const UNSTORABLE_VALUE =
  /^22(?:001|003|007|008|018|021|025|030|031|032|033|034|035|036|P02|P03|P05|01B|01W|01X|00B)$/;

/** Two transactions met: nothing was done, and the same request may well succeed. */
const RETRY_NOW = /^40(?:001|P01)$/;

/** Cancelled, out of resources, shutting down, not reachable, locked, read-only, or idle for too long. */
const SERVER_AWAY = /^(?:57014|57P0\d|53...|08...|55P03|25006|25P0[34])$/;

const NETWORK_CODES = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** pg and its pool give these no code. */
const CONNECTION_LOST =
  /^(?:timeout exceeded when trying to connect|Connection terminated|Query read timeout|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end|timeout expired)/;

/** The problem a failure of the database comes out as; undefined when there was none that a client may know. */
export function databaseProblem(thrown: unknown): Problem | undefined {
  for (const error of errorChain(thrown)) {
    const state = sqlStateOf(error);
    if (state !== undefined) return stateProblem(state);
    if (isConnectionFailure(error)) return unavailable(5);
  }
  return undefined;
}

function stateProblem(state: string): Problem | undefined {
  if (UNSTORABLE_VALUE.test(state)) {
    return {
      ...statusProblem(400),
      code: 'VALIDATION_FAILED',
      title: 'Validation failed',
      detail: 'A value of the request is out of range or has the wrong form.',
    };
  }
  if (state === '23505') return statusProblem(409);
  if (state === '23503') return statusProblem(422);
  if (RETRY_NOW.test(state)) return unavailable(1);
  return SERVER_AWAY.test(state) ? unavailable(5) : undefined;
}

function isConnectionFailure(error: object): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return (
    (typeof code === 'string' && NETWORK_CODES.has(code)) ||
    (typeof message === 'string' && CONNECTION_LOST.test(message))
  );
}

function unavailable(retryAfterSeconds: number): Problem {
  return { ...statusProblem(503), retryAfter: retryAfterSeconds };
}
