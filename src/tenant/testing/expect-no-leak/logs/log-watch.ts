import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, Server } from 'node:http';
import { inspect } from 'node:util';
import { Logger } from '@nestjs/common';
import type { Party } from '../parties/party.js';

/** Tells the server which request of the run it is serving. */
export const REQUEST_HEADER = 'x-no-leak-request';

/** A request under way: what was sent, and who sent it. */
export interface Sending {
  readonly route: string;
  readonly way: string;
  readonly as: Party | undefined;
  /** All of it, in which what a line repeats is found. */
  readonly sent: string;
}

/** A line, and the request it was written for. */
export interface LogLine {
  readonly text: string;
  readonly by: Sending;
}

const LEVELS = ['log', 'error', 'warn', 'debug', 'verbose', 'fatal'] as const;
const CONSOLE = ['log', 'info', 'warn', 'error', 'debug'] as const;

type Observe = ((record: (line: string) => void) => (() => void) | undefined) | undefined;

/** Listens to all that is logged while the run lasts, and knows for which request. */
export class LogWatch {
  readonly lines: LogLine[] = [];
  readonly #serving = new AsyncLocalStorage<Sending>();
  readonly #sendings = new Map<string, Sending>();
  readonly #undo: (() => void)[] = [];
  #next = 0;
  #last: Sending | undefined;

  constructor(server: Server, observe: Observe) {
    this.#follow(server);
    for (const level of LEVELS) this.#listen(Logger.prototype, level);
    for (const level of LEVELS) this.#listen(Logger, level);
    for (const level of CONSOLE) this.#listen(console, level);
    this.#listen(process.stdout, 'write');
    this.#listen(process.stderr, 'write');
    const stop = observe?.((line) => this.#record([line]));
    if (stop) this.#undo.push(stop);
  }

  /** To be called before the request is sent, with the header it returns. */
  begin(sending: Sending): { readonly id: string; readonly end: () => void } {
    this.#next += 1;
    const id = String(this.#next);
    this.#sendings.set(id, sending);
    this.#last = sending;
    return { id, end: () => this.#sendings.delete(id) };
  }

  stop(): void {
    for (const undo of this.#undo.splice(0).reverse()) undo();
  }

  /** Async context tells the requests apart: their lines come in any order. */
  #follow(server: Server): void {
    const emit = server.emit.bind(server) as (...args: unknown[]) => boolean;
    server.emit = (event: string, ...args: unknown[]): boolean => {
      const id = ['request', 'upgrade'].includes(event)
        ? (args[0] as IncomingMessage).headers[REQUEST_HEADER]
        : undefined;
      const sending = typeof id === 'string' ? this.#sendings.get(id) : undefined;
      return sending ? this.#serving.run(sending, () => emit(event, ...args)) : emit(event, ...args);
    };
    this.#undo.push(() => {
      Reflect.deleteProperty(server, 'emit');
    });
  }

  #listen(target: object, method: string): void {
    const original = Reflect.get(target, method) as (...args: unknown[]) => unknown;
    const owned = Object.hasOwn(target, method);
    const record = (args: unknown[]): void => this.#record(args);
    Reflect.set(target, method, function listening(this: unknown, ...args: unknown[]) {
      record(args);
      return original.apply(this, args);
    });
    this.#undo.push(() => {
      if (owned) Reflect.set(target, method, original);
      else Reflect.deleteProperty(target, method);
    });
  }

  #record(args: readonly unknown[]): void {
    const by = this.#serving.getStore() ?? this.#onlyOne();
    if (by) this.lines.push({ text: args.map(written).join(' '), by });
  }

  /** Where the context was lost, a line is somebody's only when nobody else is served. */
  #onlyOne(): Sending | undefined {
    const parties = new Set([...this.#sendings.values()].map(({ as }) => as));
    return parties.size > 1 ? undefined : ([...this.#sendings.values()][0] ?? this.#last);
  }
}

function written(value: unknown): string {
  if (typeof value === 'string') return value;
  return value instanceof Uint8Array ? Buffer.from(value).toString() : inspect(value, { depth: 8 });
}
