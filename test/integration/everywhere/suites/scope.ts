import { Readable } from 'node:stream';
import type pg from 'pg';
import QueryStream from 'pg-query-stream';
import { A, B, inScopeOf, NOTES_EACH, TENANTS } from '../../../support/notes.js';
import type { Note, Subject } from '../subject.js';

const ROUNDS = 40;

const REFUSED = [
  'COPY note TO STDOUT',
  'COPY note FROM STDIN',
  'LISTEN status',
  'UNLISTEN *',
  `NOTIFY status, 'x'`,
  'DISCARD ALL',
  'DISCARD PLANS',
  'RESET ALL',
  'RESET ROLE',
  `SET app.tenant_id = '${B}'`,
  `SET LOCAL app.tenant_id = '${B}'`,
  'SET ROLE NONE',
  'SET SESSION AUTHORIZATION DEFAULT',
  'SHOW app.tenant_id',
  'PREPARE p AS SELECT 1',
  'EXECUTE p',
  'DEALLOCATE ALL',
  'DECLARE c CURSOR WITH HOLD FOR SELECT 1',
  'FETCH ALL FROM c',
  'DO $$ BEGIN END $$',
  'CALL p()',
  'LOCK TABLE note',
  'VACUUM note',
  'TRUNCATE note',
  'CREATE TEMP TABLE t (n int)',
  `PREPARE TRANSACTION 'x'`,
  'COMMIT AND CHAIN',
  'ROLLBACK AND CHAIN',
];

export function scope(subject: () => Subject): void {
  it('eight tenants read and write at once, and meet nothing of each other', async () => {
    const turns = Array.from({ length: ROUNDS }, (_, at) => TENANTS[at % TENANTS.length]!);
    const seen = await Promise.all(
      turns.map(async (tenant, at) => {
        const title = `turn ${at}`;
        await subject().query(tenant, 'INSERT INTO note (title) VALUES ($1)', [title]);
        const notes = await subject().notesOf(tenant);
        const { rows } = await subject().query<Note>(
          tenant,
          'DELETE FROM note WHERE title LIKE $1 RETURNING tenant_id, title',
          [title],
        );
        return { tenant, title, owners: new Set(notes.map(({ tenant_id }) => tenant_id)), rows };
      }),
    );
    for (const { tenant, title, owners, rows } of seen) {
      expect(owners).toEqual(new Set([tenant]));
      expect(rows).toEqual([{ tenant_id: tenant, title }]);
    }
  });

  it('many texts, each from every connection, again and again', async () => {
    const texts = Array.from({ length: 60 }, (_, at) => `SELECT ${at} AS n, count(*) AS rows FROM note`);
    for (let round = 0; round < 3; round += 1) {
      const answers = await Promise.all(
        texts.map((text, at) =>
          subject().query<{ n: number; rows: string }>(TENANTS[at % TENANTS.length]!, text),
        ),
      );
      expect(answers.map(({ rows }) => rows)).toEqual(
        texts.map((_, at) => [{ n: at, rows: String(NOTES_EACH) }]),
      );
    }
  });

  it('without a scope nothing is read, and a health check passes', async () => {
    await expect(subject().pool.query('SELECT 1 FROM note')).rejects.toMatchObject({
      code: 'TENANT_SCOPE_MISSING',
    });
    expect((await subject().pool.query('SELECT 1')).rowCount).toBe(1);
  });

  it('whatever could leave the scope is refused, alone and in a transaction, and harms neither', async () => {
    for (const text of REFUSED) {
      const refused = { code: 'STATEMENT_REFUSED' };
      await expect(subject().query(A, text)).rejects.toMatchObject(refused);
      await subject().lease(A, async (client) => {
        await client.query('BEGIN');
        await expect(client.query(text)).rejects.toMatchObject(refused);
        expect((await client.query('SELECT FROM note')).rowCount).toBe(NOTES_EACH);
        await client.query('COMMIT');
      });
    }
  });

  describe('a stream', () => {
    const open = (
      client: pg.PoolClient,
      text = 'SELECT tenant_id, title FROM note',
      batchSize = 1,
    ): QueryStream => client.query(new QueryStream(text, [], { batchSize }));

    it('reads the rows of its tenant in a transaction', async () => {
      await subject().lease(A, async (client) => {
        await client.query('BEGIN');
        const notes = (await open(client).toArray()) as Note[];
        expect(notes.map(({ tenant_id }) => tenant_id)).toEqual(Array(NOTES_EACH).fill(A));
        await client.query('COMMIT');
      });
    });

    it('destroyed midway leaves a connection that goes on', async () => {
      await subject().lease(A, async (client) => {
        await client.query('BEGIN');
        for await (const note of open(client)) {
          expect((note as Note).tenant_id).toBe(A);
          break;
        }
        expect((await client.query('SELECT FROM note')).rowCount).toBe(NOTES_EACH);
        await client.query('COMMIT');
      });
    });

    it('destroyed and forgotten costs its connection', async () => {
      await subject().lease(A, async (client) => {
        await client.query('BEGIN');
        const stream = open(client, 'SELECT n FROM generate_series(1, 100000) n', 10);
        await new Promise((resolve) => stream.once('data', resolve));
        stream.destroy();
      });
    });

    it('still open when its connection is given back costs that connection', async () => {
      const stream = await subject().lease(A, async (client) => {
        await client.query('BEGIN');
        const opened = open(client, 'SELECT n FROM generate_series(1, 100000) n', 10);
        await new Promise((resolve) => opened.once('readable', resolve));
        return opened;
      });
      stream.on('error', () => undefined).destroy();
    });

    it("consumed in another tenant's scope gives its own tenant's rows, and none of the other's", async () => {
      await subject().lease(A, async (client) => {
        await client.query('BEGIN');
        const stream = open(client);
        const notes = await inScopeOf(B, async () => {
          await expect(client.query('SELECT FROM note')).rejects.toMatchObject({
            code: 'TENANT_SCOPE_MISMATCH',
          });
          return (await Readable.from(stream).toArray()) as Note[];
        });
        expect(notes.map(({ tenant_id }) => tenant_id)).toEqual(Array(NOTES_EACH).fill(A));
        await client.query('COMMIT');
      });
    });

    it('that fails midway fails its transaction', async () => {
      await subject().lease(A, async (client) => {
        await client.query('BEGIN');
        await expect(
          open(client, 'SELECT 1/(3-n) FROM generate_series(1, 5) n').toArray(),
        ).rejects.toMatchObject({
          code: '22012',
        });
        await expect(client.query('SELECT FROM note')).rejects.toMatchObject({ code: '25P02' });
        await client.query('ROLLBACK');
        expect((await client.query('SELECT FROM note')).rowCount).toBe(NOTES_EACH);
      });
    });
  });
}
