import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { eventually } from '../../../support/eventually.js';
import { A, B, inScopeOf, NOTES_EACH, TENANTS } from '../../../support/notes.js';
import { Subject } from '../subject.js';

export function failures(subject: () => Subject): void {
  it.each([
    ['a division by zero', 'SELECT 1/0 FROM note', '22012'],
    ['one after some rows', 'SELECT 1/(3-n) FROM generate_series(1, 5) n', '22012'],
    ['a syntax error', 'SELECT FROM FROM note', '42601'],
    ['a second statement', 'SELECT 1; SELECT 2', '42601'],
    ['a parameter too few', 'SELECT $1::int, $2::int', '08P01'],
    ['a taken key', `INSERT INTO note (title) SELECT title FROM note`, '23505'],
    ['a row of another tenant', `INSERT INTO note (tenant_id, title) VALUES ('${B}', 'x')`, '42501'],
  ])('passes on %s, alone and in a transaction', async (_, text, code) => {
    const values = code === '08P01' ? [1] : [];
    await expect(subject().query(A, text, values)).rejects.toMatchObject({ code });
    await subject().lease(A, async (client) => {
      await expect(client.query(text, values)).rejects.toMatchObject({ code });
      await client.query('BEGIN');
      await expect(client.query(text, values)).rejects.toMatchObject({ code });
      await client.query('ROLLBACK');
      expect((await client.query('SELECT FROM note')).rowCount).toBe(NOTES_EACH);
    });
  });

  it('a failing statement fails alone among those sent with it', async () => {
    await subject().lease(A, async (client) => {
      const sent = ['SELECT FROM note', 'SELECT 1/0', 'SELECT FROM note'].map((text) => client.query(text));
      const outcomes = await Promise.allSettled(sent);
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    });
  });

  it('a statement that takes too long is stopped by the server (57014)', async () => {
    await subject().lease(A, async (client) => {
      await expect(client.query('SELECT pg_sleep(30) FROM note')).rejects.toMatchObject({ code: '57014' });
      expect((await client.query('SELECT FROM note')).rowCount).toBe(NOTES_EACH);
    });
  });

  it('an answer given up on never reaches the next', async () => {
    const slow = { text: 'SELECT tenant_id, pg_sleep(0.2) FROM note', query_timeout: 30 };
    await expect(inScopeOf(A, () => subject().pool.query(slow))).rejects.toThrow('Query read timeout');
    expect(new Set((await subject().notesOf(B)).map(({ tenant_id }) => tenant_id))).toEqual(new Set([B]));
    await subject().lease(A, async (client) => {
      await client.query('BEGIN');
      await expect(client.query(slow)).rejects.toThrow('Query read timeout');
      const { rows } = await client.query<{ n: number }>('SELECT 7 AS n');
      expect(rows).toEqual([{ n: 7 }]);
    });
    const reads = TENANTS.map(async (tenant) => [tenant, await subject().notesOf(tenant)] as const);
    for (const [tenant, notes] of await Promise.all(reads)) {
      expect(notes.map(({ tenant_id }) => tenant_id)).toEqual(Array(NOTES_EACH).fill(tenant));
    }
  });

  it('a cancelled statement fails alone', async () => {
    await subject().lease(A, async (client) => {
      const { rows } = await client
        .query<{ pid: number }>('BEGIN')
        .then(() => client.query('SELECT pg_backend_pid() AS pid'));
      const running = client.query('SELECT pg_sleep(30)');
      const cancelled = expect(running).rejects.toMatchObject({ code: '57014' });
      await sleep(20);
      await subject().at.admin('SELECT pg_cancel_backend($1)', [rows[0]!.pid]);
      await cancelled;
      await client.query('ROLLBACK');
      expect((await client.query('SELECT FROM note')).rowCount).toBe(NOTES_EACH);
    });
  });

  describe('a backend that is killed', () => {
    const lost = (answer: Promise<unknown>): Promise<void> => expect(answer).rejects.toThrow();

    it('in a statement', async () => {
      await subject().lease(A, async (client) => {
        const { rows } = await client
          .query<{ pid: number }>('BEGIN')
          .then(() => client.query('SELECT pg_backend_pid() AS pid'));
        const running = lost(client.query('SELECT pg_sleep(30)'));
        await subject().at.admin('SELECT pg_terminate_backend($1)', [rows[0]!.pid]);
        await running;
        await lost(client.query('ROLLBACK'));
      });
    });

    it('in a transaction between two statements, whose ROLLBACK then fails', async () => {
      await subject().lease(A, async (client) => {
        await client.query('BEGIN');
        await client.query(`INSERT INTO note (title) VALUES ('lost')`);
        await subject().kill(client);
        await lost(client.query('ROLLBACK'));
      });
      expect(await subject().notesOf(A)).toHaveLength(NOTES_EACH);
    });

    it('while it is idle', async () => {
      await Promise.all(TENANTS.map((tenant) => subject().notesOf(tenant)));
      await subject().at.admin(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = $1`,
        [subject().database.roles.login],
      );
      // Whoever takes it before word of its end arrives is told so.
      await eventually('a read succeeds', () =>
        subject()
          .notesOf(A)
          .then(
            (notes) => notes.length === NOTES_EACH,
            () => false,
          ),
      );
    });
  });

  it('a transaction idle for too long is ended by the server, and its connection dropped', async () => {
    await subject().lease(A, async (client) => {
      await client.query('BEGIN');
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await eventually('the server ends it', async () => {
        const left = await subject().at.admin('SELECT FROM pg_stat_activity WHERE pid = $1', [rows[0]!.pid]);
        return left.length === 0;
      });
      await expect(client.query('SELECT 1')).rejects.toThrow();
    });
  });

  it('all connections taken: who waits too long is told 503, and served once one is back', async () => {
    const { at } = subject();
    const small = Subject.of(at, { max: 1, connectionTimeoutMillis: 200 });
    await small.lease(A, async (client) => {
      await expect(small.notesOf(B)).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringContaining('timeout exceeded when trying to connect') as string,
      });
      expect((await client.query('SELECT FROM note')).rowCount).toBe(NOTES_EACH);
    });
    expect(await small.notesOf(B)).toHaveLength(NOTES_EACH);
    await small.expectSettled();
    await small.pool.end();
  });

  it.each([
    ['a transaction', ['BEGIN']],
    ['a failed transaction', ['BEGIN', 'SELECT 1/0']],
    ['a savepoint', ['BEGIN', 'SAVEPOINT s']],
  ] as [string, string[]][])(
    'a connection given back with %s open serves nobody again',
    async (_, statements) => {
      const backendOf = (client: pg.PoolClient): Promise<unknown> =>
        Promise.resolve((client as pg.PoolClient & { processID: unknown }).processID);
      const { at } = subject();
      const small = Subject.of(at, { max: 1 });
      const first = await small.lease(A, async (client) => {
        for (const statement of statements) await client.query(statement).catch(() => undefined);
        return backendOf(client);
      });
      const second = await small.lease(B, backendOf);
      expect(second).not.toBe(first);
      await small.expectSettled();
      await small.pool.end();
    },
  );
}
