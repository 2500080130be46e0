import { Readable } from 'node:stream';
import type pg from 'pg';
import QueryStream from 'pg-query-stream';
import type { EntityManager } from 'typeorm';
import { FuzzNote } from './fuzz-note.entity.js';
import type { SeenRow } from './row-model.js';

export const READ = 'SELECT * FROM fuzz_note';

/** What sends statements: a pool, a connection, or TypeORM's manager of either. */
export interface Session {
  query(text: string, values?: unknown[], timeoutMs?: number): Promise<pg.QueryResult<SeenRow>>;
  stream(): Promise<Readable>;
  readonly manager?: EntityManager;
}

export function poolSession(pool: pg.Pool): Session {
  return {
    query: (text, values, timeout) => pool.query(configOf(text, values, timeout)),
    stream: async () => Readable.from((await pool.query(READ)).rows),
  };
}

export function poolCallbackSession(pool: pg.Pool): Session {
  return {
    ...poolSession(pool),
    query: (text, values = []) =>
      new Promise((resolve, reject) => {
        pool.query<SeenRow>(text, values, (error: Error | undefined, result) =>
          error ? reject(error) : resolve(result),
        );
      }),
  };
}

export function connectCallbackSession(pool: pg.Pool): Session {
  return {
    ...poolSession(pool),
    query: (text, values, timeout) =>
      new Promise((resolve, reject) => {
        pool.connect((error, client, done) => {
          if (error || !client) {
            reject(error ?? new Error('no client'));
            return;
          }
          client
            .query<SeenRow>(configOf(text, values, timeout))
            .then(resolve, reject)
            .finally(() => done());
        });
      }),
  };
}

export function clientSession(client: pg.PoolClient): Session {
  return {
    query: (text, values, timeout) => client.query<SeenRow>(configOf(text, values, timeout)),
    // A function that is async, so that what the client throws comes as a rejection as well.
    // eslint-disable-next-line @typescript-eslint/require-await
    stream: async () => client.query(new QueryStream(READ)),
  };
}

export function managerSession(manager: EntityManager): Session {
  return {
    query: async (text, values) => {
      const answer: unknown = await manager.query(text, values);
      return { rows: Array.isArray(answer) ? answer : [] } as unknown as pg.QueryResult<SeenRow>;
    },
    stream: () => readBuilder(manager).stream(),
    manager,
  };
}

/** With an OR at its top, which has to change nothing. */
export const readBuilder = (manager: EntityManager) =>
  manager
    .createQueryBuilder(FuzzNote, 'note')
    .select('note.tenantId', 'tenant_id')
    .addSelect('note.title', 'title')
    .addSelect('note.body', 'body')
    .where('note.title = :title', { title: 'none' })
    .orWhere('1 = 1');

function configOf(text: string, values?: unknown[], timeout?: number): pg.QueryConfig {
  return { text, ...(values && { values }), ...(timeout !== undefined && { query_timeout: timeout }) };
}
