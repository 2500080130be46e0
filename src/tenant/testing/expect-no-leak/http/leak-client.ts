import { Agent as PlainAgent, type IncomingMessage, request as plainRequest } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import type { Answer } from './answer.js';
import { isEventStream } from './answer.js';

/** One request as it is sent. */
export interface Outgoing {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** Milliseconds an answer may take to its end; what has come by then is looked at. */
const ANSWER_MS = 5_000;

/** Milliseconds a stream of events is read when nobody waits for a certain one. */
const GLANCE_MS = 100;

/** Sends over real connections: fetch would set Host and hide Set-Cookie. */
export class LeakClient {
  readonly #agent: PlainAgent | TlsAgent;

  constructor(private readonly origin: URL) {
    // The certificate of an application under test is nobody's business here.
    const tls = { keepAlive: true, rejectUnauthorized: false };
    this.#agent = origin.protocol === 'https:' ? new TlsAgent(tls) : new PlainAgent({ keepAlive: true });
  }

  async send(outgoing: Outgoing): Promise<Answer> {
    const response = await this.#begin(outgoing, this.#agent);
    const headers = headersOf(response);
    const text = await readText(response, isEventStream({ headers }) ? GLANCE_MS : ANSWER_MS);
    return { status: response.statusCode ?? 0, headers, text, json: parse(text) };
  }

  /** An answer without end, on a connection of its own. */
  async open(outgoing: Outgoing): Promise<OpenAnswer> {
    return new OpenAnswer(await this.#begin(outgoing, false));
  }

  close(): void {
    this.#agent.destroy();
  }

  #begin({ method, path, headers, body }: Outgoing, agent: PlainAgent | false): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const refuse = (error: Error): void => {
        // The server had given up the connection in the moment it was used again, and has seen nothing.
        if (request.reusedSocket && error !== late)
          this.#begin({ method, path, headers, body }, false).then(resolve, reject);
        else reject(error);
      };
      const { protocol, hostname, port } = this.origin;
      const send = protocol === 'https:' ? tlsRequest : plainRequest;
      const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
      const request = send(
        { hostname, port, method, path, agent, headers: { ...headers, ...length } },
        resolve,
      );
      const late = new Error(`No answer to ${method} ${path} within ${ANSWER_MS} ms`);
      request
        .on('error', refuse)
        .setTimeout(ANSWER_MS, () => request.destroy(late))
        .end(body);
    });
  }
}

/** An answer that is still being written. */
export class OpenAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  #received = '';

  constructor(private readonly response: IncomingMessage) {
    this.status = response.statusCode ?? 0;
    this.headers = headersOf(response);
    response.setEncoding('utf8').on('data', (chunk: string) => (this.#received += chunk));
    // Closed from this side it is "aborted".
    response.on('error', () => undefined);
  }

  get received(): string {
    return this.#received;
  }

  close(): void {
    this.response.destroy();
  }
}

function readText(response: IncomingMessage, withinMs: number): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const timer = setTimeout(() => response.destroy(), withinMs);
    response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    // A body that breaks off has told what it told.
    response.on('error', () => undefined);
    response.on('close', () => {
      clearTimeout(timer);
      resolve(text);
    });
  });
}

function headersOf({ headersDistinct }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headersDistinct).map(([name, values]) => [name, (values ?? []).join(', ')]),
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
