import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { TENANTS } from '../../support/notes.js';
import { type Note, saysAway, type Subject } from './subject.js';

const WORKERS = 8;

/** Tenants that read and write until they are told to stop, and what became of it. */
export class Load {
  /** Titles whose insert was acknowledged, with their tenant. */
  readonly acknowledged = new Map<string, string>();
  /** Titles of another tenant that were read, and reads that lacked what was acknowledged to them. */
  readonly wrong: string[] = [];
  /** Failures that do not say the database was away. */
  readonly unexpected: unknown[] = [];
  refused = 0;
  #stopped = false;
  readonly #workers: Promise<unknown>;

  constructor(private readonly subject: Subject) {
    this.#workers = Promise.all(Array.from({ length: WORKERS }, (_, at) => this.#work(TENANTS[at]!)));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#workers;
  }

  async #work(tenant: string): Promise<void> {
    while (!this.#stopped) {
      const title = randomUUID();
      try {
        await (Math.random() < 0.5 ? this.#insert(tenant, title) : this.#insertInTransaction(tenant, title));
        this.acknowledged.set(title, tenant);
        await this.#read(tenant, title);
      } catch (error) {
        this.#failed(error);
        await sleep(5);
      }
    }
  }

  async #insert(tenant: string, title: string): Promise<void> {
    await this.subject.query(tenant, 'INSERT INTO note (title) VALUES ($1)', [title]);
  }

  async #insertInTransaction(tenant: string, title: string): Promise<void> {
    await this.subject.lease(tenant, async (client) => {
      await client.query('BEGIN');
      await client.query('INSERT INTO note (title) VALUES ($1)', [title]);
      await client.query('COMMIT');
    });
  }

  async #read(tenant: string, title: string): Promise<void> {
    const { rows } = await this.subject.query<Note>(
      tenant,
      `SELECT tenant_id, title FROM note WHERE title = $1 OR title LIKE 'CANARY-%'`,
      [title],
    );
    const foreign = rows.filter(({ tenant_id }) => tenant_id !== tenant);
    this.wrong.push(...foreign.map((note) => note.title));
    if (!rows.some((note) => note.title === title)) this.wrong.push(title);
  }

  #failed(error: unknown): void {
    if (saysAway(error)) this.refused += 1;
    else this.unexpected.push(error);
  }
}
