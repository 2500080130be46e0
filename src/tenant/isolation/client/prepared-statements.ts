import { createHash } from 'node:crypto';

/**
 * The statements one connection has prepared, at most so many: the least recently used is closed for a new one.
 *
 * A name is a hash of the text. Counted names would make two clients behind one server connection run each other's
 * statements; by this, who finds a name there finds the text it means.
 */
export class PreparedStatements {
  /** Known to the server: names by text, the least recently used first. */
  readonly #names = new Map<string, string>();
  /** Sent, and not confirmed yet, in the order in which they will be. */
  #sent: (string | undefined)[] = [];
  #toClose: string[] = [];

  constructor(private readonly most: number) {}

  /** The name to run a text by, and whether it has to be sent first. */
  use(text: string): { readonly name: string; readonly isKnown: boolean } {
    const known = this.#names.get(text);
    if (known !== undefined) {
      this.#names.delete(text);
      this.#names.set(text, known);
      return { name: known, isKnown: true };
    }
    this.#sent.push(text);
    return { name: nameOf(text), isKnown: false };
  }

  /** The server confirmed the next of those that were sent. */
  confirm(): void {
    const text = this.#sent.shift();
    if (text === undefined) return;
    this.#names.set(text, nameOf(text));
    const [oldest] = this.#names.size > this.most ? this.#names.keys() : [];
    if (oldest !== undefined) this.forget(oldest);
  }

  /** After an error the server skips the rest of what was sent. */
  abandon(): void {
    this.#sent = [];
  }

  /** The next use sends it again. */
  forget(text: string): void {
    if (this.#names.delete(text)) this.#toClose.push(nameOf(text));
  }

  /** It was closed in the write that sent or used it. */
  closed(text: string): void {
    this.#names.delete(text);
    this.#sent = this.#sent.map((sent) => (sent === text ? undefined : sent));
  }

  /** The names to close in the next write, told once. */
  takeToClose(): readonly string[] {
    if (this.#toClose.length === 0) return this.#toClose;
    const names = this.#toClose;
    this.#toClose = [];
    return names;
  }
}

function nameOf(text: string): string {
  return `tenant_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}
