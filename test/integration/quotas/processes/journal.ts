import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';

/** A call, as it was begun. What bears a key is called by it. */
export interface Begun {
  readonly id: string;
  readonly resource: string;
  readonly units: number;
  readonly isKeyed: boolean;
}

/** What became of a call: units it was told are charged, or that nobody knows. */
type Ended = { readonly id: string } & ({ readonly charged: number } | { readonly isLost: true });

/** What callers were told, kept outside the database, and where a process that is killed does not take it along. */
export class Journal {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, 'a');
  }

  begin(call: Begun): void {
    writeSync(this.#file, `${JSON.stringify(call)}\n`);
  }

  end(ended: Ended): void {
    writeSync(this.#file, `${JSON.stringify(ended)}\n`);
    fsyncSync(this.#file);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Calls of one journal or more, by how far they came. */
export class JournalReading {
  readonly #begun = new Map<string, Begun>();
  readonly #charged = new Map<string, number>();
  readonly #lost = new Set<string>();

  constructor(paths: readonly string[]) {
    for (const path of paths.filter((each) => existsSync(each))) {
      for (const line of readFileSync(path, 'utf8').split('\n').filter(Boolean))
        this.#read(JSON.parse(line) as Begun | Ended);
    }
  }

  /** Begun, and cut off: their process was killed. */
  get open(): Begun[] {
    return [...this.#begun.values()].filter(({ id }) => !this.#charged.has(id) && !this.#lost.has(id));
  }

  /** Whose connection ended under them. */
  get lost(): Begun[] {
    return [...this.#begun.values()].filter(({ id }) => this.#lost.has(id));
  }

  /** Units that callers were told are charged. */
  acknowledged(resource: string, which: (call: Begun) => boolean = () => true): number {
    return sum(
      [...this.#begun.values()]
        .filter((call) => call.resource === resource && which(call))
        .map(({ id }) => this.#charged.get(id) ?? 0),
    );
  }

  #read(record: Begun | Ended): void {
    if ('charged' in record) this.#charged.set(record.id, record.charged);
    else if ('isLost' in record) this.#lost.add(record.id);
    else this.#begun.set(record.id, record);
  }
}

export function unitsOf(calls: readonly Begun[], resource: string): number {
  return sum(calls.filter((call) => call.resource === resource).map(({ units }) => units));
}

const sum = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0);
