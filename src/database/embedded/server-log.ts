import { readFileSync, statSync } from 'node:fs';

/** Causes that pass by themselves: a dying predecessor, or a port somebody else took meanwhile. */
const PASSING = [
  'lock file "postmaster.pid" already exists',
  'pre-existing shared memory block',
  'could not bind',
  'could not create any TCP/IP sockets',
];

/** What a server wrote, since the last start. */
export class ServerLog {
  #start = 0;

  constructor(readonly path: string) {}

  /** Everything from here on is about the start that follows. */
  mark(): void {
    this.#start = statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
  }

  tellsPassingCause(): boolean {
    const text = this.#read();
    return PASSING.some((cause) => text.includes(cause));
  }

  /** The last lines, which hold the reason of a failure. */
  end(): string {
    return this.#read().trimEnd().split('\n').slice(-8).join('\n') || '(nothing)';
  }

  #read(): string {
    try {
      return readFileSync(this.path).subarray(this.#start).toString();
    } catch {
      return ''; // it never got as far as a log
    }
  }
}
