import { TenantPool } from '@parallax/tenant';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { A, createNotes, inScopeOf, NOTES_EACH } from '../../support/notes.js';

const READ = 'SELECT tenant_id FROM note';

interface Seen {
  readonly text: string;
  readonly error?: unknown;
}

type Wrapped = Record<string, unknown> & {
  text: string;
  callback?: (error: unknown, result?: unknown) => void;
};

/** As @opentelemetry/instrumentation-pg 0.6x wraps `pg.Client.prototype.query`, with its comments in the SQL or without. */
function instrument({ comments }: { comments: boolean }, seen: Seen[]): () => void {
  const original: unknown = Reflect.get(pg.Client.prototype, 'query');
  const patched = function (this: pg.Client, ...args: unknown[]): unknown {
    let query = args[0] as Wrapped | string;
    if (typeof query === 'object' && typeof query.text === 'string') {
      const { callback, text } = query;
      if (comments && (!('name' in query) || query.name === undefined)) {
        query = { ...query, text: `${text} /*traceparent='00-1-2-01'*/` };
      }
      if (typeof callback === 'function') {
        query.callback = (error, result) => {
          seen.push({ text, ...(error ? { error } : {}) });
          callback(error, result);
        };
      }
    }
    return Reflect.apply(original as (...given: unknown[]) => unknown, this, [query, ...args.slice(1)]);
  };
  Reflect.set(pg.Client.prototype, 'query', patched);
  return () => Reflect.set(pg.Client.prototype, 'query', original);
}

describe.each([{ comments: false }, { comments: true }])(
  'Instrumentation of pg, $comments comments',
  (options) => {
    let database: TestDatabase;
    let pool: TenantPool;
    let restore: () => void;
    const seen: Seen[] = [];

    beforeAll(async () => {
      database = await createTestDatabase({ migrated: false });
      await createNotes(database);
      restore = instrument(options, seen);
      pool = new TenantPool({ connectionString: database.urls.tenant, max: 1 });
    });
    afterAll(async () => {
      restore();
      await pool.end();
      await database.drop();
    });

    it('sees each statement once, and changes nothing of what it answers', async () => {
      const { rows } = await inScopeOf(A, () => pool.query(READ));
      expect(rows).toEqual(Array(NOTES_EACH).fill({ tenant_id: A }));
      expect(seen.filter(({ text }) => text === READ)).toEqual([{ text: READ }]);
      expect(seen.filter(({ text }) => text.includes('set_config'))).toEqual([]);
    });

    it('sees transactions and errors', async () => {
      seen.length = 0;
      await inScopeOf(A, async () => {
        const client = await pool.connect();
        await client.query('BEGIN');
        await expect(client.query('SELECT 1 / 0 FROM note')).rejects.toMatchObject({ code: '22012' });
        await client.query('ROLLBACK');
        client.release();
      });
      expect(seen).toEqual([
        { text: 'BEGIN' },
        { text: 'SELECT 1 / 0 FROM note', error: expect.objectContaining({ code: '22012' }) as unknown },
        { text: 'ROLLBACK' },
      ]);
    });

    it('that hands on another object than it was given loses the scope, and reads nothing', async () => {
      const query: unknown = Reflect.get(pg.Client.prototype, 'query');
      Reflect.set(
        pg.Client.prototype,
        'query',
        function (this: pg.Client, given: object, ...rest: unknown[]) {
          return Reflect.apply(query as (...args: unknown[]) => unknown, this, [{ ...given }, ...rest]);
        },
      );
      try {
        await expect(inScopeOf(A, () => pool.query(READ))).rejects.toMatchObject({ code: '42501' });
      } finally {
        Reflect.set(pg.Client.prototype, 'query', query);
      }
      expect((await inScopeOf(A, () => pool.query(READ))).rowCount).toBe(NOTES_EACH);
    });
  },
);
