import { createHash } from 'node:crypto';
import type { WireConnection } from './pg-internals.js';

/** Of longer texts the server would hold the plan for as long as the connection lives; each is rarely sent twice. */
const LONGEST_NAMED_TEXT = 10_000;

/**
 * The statements one connection has prepared under a name: the server parses and plans them once.
 *
 * A name is a hash of the text, so that two clients which a pooler puts on one backend mean the same by it. It is
 * known once the server said that it parsed: an error before that makes the server skip the parsing.
 */
export class PreparedNames {
  readonly #limit: number;
  /** Text to name, the least recently used first. */
  readonly #known = new Map<string, string>();
  /** What was sent to be parsed since the server was last ready; undefined without a name. */
  #sent: (string | undefined)[] = [];
  #evicted: string[] = [];

  /** @param limit So many statements are kept. At least two, since scope and statement go in one write. */
  constructor(connection: WireConnection, limit: number) {
    this.#limit = limit;
    connection.on('parseComplete', () => this.#remember(this.#sent.shift()));
    // Before pg listens, which sends the next statement on this event.
    connection.prependListener('readyForQuery', () => {
      this.#sent = [];
    });
  }

  /** Closes what has been evicted: ahead of a write, where no error can make the server skip it. */
  closeEvicted(connection: WireConnection): void {
    for (const name of this.#evicted) connection.close({ type: 'S', name });
    this.#evicted = [];
  }

  /** Has the text parsed unless it is known, and answers with the name to bind; empty for the unnamed one. */
  parse(connection: WireConnection, text: string, mayBeNamed = true): string {
    const known = this.#known.get(text);
    if (known !== undefined) {
      this.#known.delete(text);
      this.#known.set(text, known);
      return known;
    }
    const named = mayBeNamed && text.length <= LONGEST_NAMED_TEXT;
    const name = named ? nameOf(text) : '';
    // Somebody else's on this backend, or one whose parsing was told to nobody. To close what is not there is no error.
    if (named) connection.close({ type: 'S', name });
    connection.parse({ text, name });
    this.#sent.push(named ? text : undefined);
    return name;
  }

  forget(texts: readonly string[]): void {
    for (const text of texts) {
      const name = this.#known.get(text);
      if (name === undefined) continue;
      this.#known.delete(text);
      this.#evicted.push(name);
    }
  }

  #remember(text: string | undefined): void {
    if (text === undefined) return;
    this.#known.set(text, nameOf(text));
    const [oldest] = this.#known.size > this.#limit ? this.#known : [];
    if (!oldest) return;
    this.#known.delete(oldest[0]);
    this.#evicted.push(oldest[1]);
  }
}

function nameOf(text: string): string {
  return `tenant_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}
