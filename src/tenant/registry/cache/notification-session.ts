import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { ConfigurationError } from '../../errors/isolation.errors.js';

/** How long the server may take to answer, in milliseconds; then the connection counts as lost. */
const ANSWER_TIMEOUT_MS = 5_000;

/** One connection that listens on one channel, for as long as it lasts. Used once. */
export class NotificationSession {
  // Ours, so that it can be closed when the other end does not answer; pg would wait for an answer.
  readonly #socket = new Socket();
  readonly #client: pg.Client;
  readonly #lost: Promise<never>;

  constructor(
    url: string,
    private readonly channel: string,
    heard: (payload: string) => void,
  ) {
    this.#client = new pg.Client({
      connectionString: url,
      application_name: 'tenant changes',
      stream: () => this.#socket,
      connectionTimeoutMillis: ANSWER_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
    });
    this.#lost = new Promise((_, reject) => {
      this.#client.on('error', reject);
      this.#client.on('end', () => reject(new Error('the connection was closed')));
    });
    this.#lost.catch(() => undefined); // told by whoever waits for it
    this.#client.on('notification', (message) => {
      if (message.channel === channel) heard(message.payload ?? '');
    });
  }

  /** Resolves when every change committed from now on is told. */
  async start(): Promise<void> {
    await this.#client.connect();
    await this.#client.query(`LISTEN ${pg.escapeIdentifier(this.channel)}`);
    await this.#assertListening();
  }

  /**
   * Waits, and asks for a sign of life: on a connection whose packets vanish nothing would ever fail by itself.
   *
   * @throws when the connection is lost, or the server does not listen for it any more
   */
  async beat(afterMs: number, signal: AbortSignal): Promise<void> {
    await Promise.race([sleep(afterMs, undefined, { signal }), this.#lost]);
    await this.#assertListening();
  }

  /** At once: without a goodbye, which a server that is away would not answer, and an idle session needs none. */
  end(): void {
    this.#socket.destroy();
  }

  /** Behind a pooler a session is one server process now and another later; only one of them was told to listen. */
  async #assertListening(): Promise<void> {
    const { rows } = await this.#client.query<{ pid: number; listens: boolean }>(
      'SELECT pg_backend_pid() AS pid, $1 IN (SELECT pg_listening_channels()) AS listens',
      [this.channel],
    );
    const { processID } = this.#client as pg.Client & { readonly processID: number | null };
    if (rows[0]?.listens && rows[0].pid === processID) return;
    throw new ConfigurationError('a pooler answers instead of the server; listenUrl has to go past it');
  }
}
