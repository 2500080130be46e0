import { connect } from 'node:net';
import type { Principal } from '@parallax/tenant';
import { credential } from '../../support/fixture-app.js';

export interface PipelinedCall {
  readonly path: string;
  readonly as: Principal;
}

/** A request as text, for a socket. */
export function requestHead({ path, as }: PipelinedCall, connection: 'keep-alive' | 'close'): string {
  const headers = { Host: 'localhost', ...credential(as), Connection: connection };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`GET ${path} HTTP/1.1`, ...lines, '\r\n'].join('\r\n');
}

/** Sends all calls at once on one socket, as HTTP/1.1 allows, and gives what came back, headers and all. */
export async function pipelined(url: string, calls: readonly PipelinedCall[]): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const last = calls.length - 1;
  socket.write(calls.map((call, at) => requestHead(call, at === last ? 'close' : 'keep-alive')).join(''));
  let answer = '';
  for await (const chunk of socket.setEncoding('utf8')) answer += chunk as string;
  return answer;
}
