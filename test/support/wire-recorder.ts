import type { Socket } from 'node:net';

const NAMES: Readonly<Record<string, string>> = {
  P: 'Parse',
  B: 'Bind',
  D: 'Describe',
  E: 'Execute',
  C: 'Close',
  S: 'Sync',
  Q: 'Query',
  X: 'Terminate',
};

/** The messages one connection sends from now on, in groups: each group was sent without waiting for an answer. */
export class WireRecorder {
  #turns: string[][] = [];
  #isAnswered = true;

  constructor(client: unknown) {
    const { stream } = (client as { connection: { stream: Socket } }).connection;
    const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
    stream.write = (chunk: Buffer, ...rest: unknown[]) => {
      if (this.#isAnswered) this.#turns.push([]);
      this.#isAnswered = false;
      const kind = String.fromCharCode(chunk[0] ?? 0);
      const text = kind === 'Q' || kind === 'P' ? chunk.toString('utf8', 5) : '';
      const name = NAMES[kind] ?? kind;
      this.#turns.at(-1)?.push(name);
      this.texts.push(...(text ? [text.replaceAll('\0', ' ').trim()] : []));
      return write(chunk, ...rest);
    };
    stream.prependListener('data', () => {
      this.#isAnswered = true;
    });
  }

  /** Of Parse and simple queries. */
  readonly texts: string[] = [];

  take(): string[][] {
    const turns = this.#turns;
    this.#turns = [];
    return turns;
  }
}
