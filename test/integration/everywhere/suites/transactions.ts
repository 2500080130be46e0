import type pg from 'pg';
import { A, B, inScopeOf, NOTES_EACH } from '../../../support/notes.js';
import type { Place } from '../place.js';
import type { Note, Subject } from '../subject.js';

const LEVELS = ['READ UNCOMMITTED', 'READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'];

export function transactions(subject: () => Subject, { transactions: atOnce = 10 }: Place): void {
  const count = async (client: pg.PoolClient): Promise<number> =>
    Number((await client.query<{ n: string }>('SELECT count(*) AS n FROM note')).rows[0]!.n);
  const insert = (client: pg.PoolClient, title: string): Promise<pg.QueryResult> =>
    client.query('INSERT INTO note (title) VALUES ($1)', [title]);
  const remove = (title: string): Promise<unknown> =>
    subject().query(A, 'DELETE FROM note WHERE title = $1', [title]);

  it('commits and rolls back', async () => {
    await subject().lease(A, async (client) => {
      await client.query('BEGIN');
      await insert(client, 'kept');
      await client.query('COMMIT');
      await client.query('START TRANSACTION');
      await insert(client, 'undone');
      expect(await count(client)).toBe(NOTES_EACH + 2);
      await client.query('ROLLBACK');
      expect(await count(client)).toBe(NOTES_EACH + 1);
    });
    expect((await subject().notesOf(A)).map(({ title }) => title)).toContain('kept');
    expect(await subject().notesOf(B)).toHaveLength(NOTES_EACH);
    await remove('kept');
  });

  it('keeps the scope through savepoints, released and rolled back to', async () => {
    await subject().lease(A, async (client) => {
      await client.query('BEGIN');
      await client.query('SAVEPOINT first');
      await insert(client, 'in the first');
      await client.query('SAVEPOINT second');
      await expect(client.query('SELECT 1/0')).rejects.toMatchObject({ code: '22012' });
      await expect(client.query('SELECT 1')).rejects.toMatchObject({ code: '25P02' });
      await client.query('ROLLBACK TO SAVEPOINT second');
      expect(await count(client)).toBe(NOTES_EACH + 1);
      await expect(inScopeOf(B, () => client.query('SELECT 1 FROM note'))).rejects.toMatchObject({
        code: 'TENANT_SCOPE_MISMATCH',
      });
      await client.query('RELEASE SAVEPOINT second');
      await client.query('ROLLBACK TO first');
      expect(await count(client)).toBe(NOTES_EACH);
      const { rows } = await client.query<Note>('SELECT DISTINCT tenant_id FROM note');
      expect(rows).toEqual([{ tenant_id: A }]);
      await client.query('COMMIT');
    });
  });

  it.each(LEVELS)('%s can be chosen with BEGIN, and right after it', async (level) => {
    await subject().lease(A, async (client) => {
      for (const start of [
        [`BEGIN ISOLATION LEVEL ${level}`],
        [`START TRANSACTION ISOLATION LEVEL ${level}`],
        ['BEGIN', `SET TRANSACTION ISOLATION LEVEL ${level}`],
        ['START TRANSACTION', `SET TRANSACTION ISOLATION LEVEL ${level}`],
      ]) {
        for (const statement of start) await client.query(statement);
        const { rows } = await client.query<{ level: string }>(
          `SELECT current_setting('transaction_isolation') AS level`,
        );
        expect(rows[0]!.level.toUpperCase()).toBe(level);
        expect(await count(client)).toBe(NOTES_EACH);
        await client.query('COMMIT');
      }
    });
  });

  it('takes the snapshot with the first statement, as in any transaction', async () => {
    if (atOnce < 2) return;
    await subject().lease(A, async (client) => {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      await subject().query(A, `INSERT INTO note (title) VALUES ('before the first statement')`);
      expect(await count(client)).toBe(NOTES_EACH + 1);
      await remove('before the first statement');
      expect(await count(client)).toBe(NOTES_EACH + 1);
      await client.query('COMMIT');
      expect(await count(client)).toBe(NOTES_EACH);
    });
  });

  it('READ ONLY refuses writes, and only there', async () => {
    await subject().lease(A, async (client) => {
      await client.query('BEGIN READ ONLY');
      expect(await count(client)).toBe(NOTES_EACH);
      await expect(insert(client, 'no')).rejects.toMatchObject({ code: '25006' });
      await client.query('ROLLBACK');
      await client.query('BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE');
      expect(await count(client)).toBe(NOTES_EACH);
      await client.query('COMMIT');
      await insert(client, 'written');
    });
    await remove('written');
  });

  it('tells of a constraint that fails at COMMIT, and undoes all of it', async () => {
    await subject().lease(A, async (client) => {
      await client.query('BEGIN');
      await client.query(`INSERT INTO note (title, after) VALUES ('dangling', gen_random_uuid())`);
      await expect(client.query('COMMIT')).rejects.toMatchObject({ code: '23503' });
      expect(await count(client)).toBe(NOTES_EACH);
    });
    await expect(
      subject().query(A, `INSERT INTO note (title, after) VALUES ('dangling', gen_random_uuid())`),
    ).rejects.toMatchObject({ code: '23503' });
  });

  it('answers COMMIT of a failed transaction with ROLLBACK', async () => {
    await subject().lease(A, async (client) => {
      await client.query('BEGIN');
      await insert(client, 'lost');
      await client.query('SELECT 1/0').catch(() => undefined);
      expect((await client.query('COMMIT')).command).toBe('ROLLBACK');
      expect(await count(client)).toBe(NOTES_EACH);
    });
  });

  it('tells one of two that wrote what the other read (40001), and lets it try again', async () => {
    if (atOnce < 2) return;
    const outcomes = await Promise.allSettled(
      ['x', 'y'].map((title) =>
        subject().lease(A, async (client) => {
          await client.query('BEGIN ISOLATION LEVEL SERIALIZABLE');
          await count(client);
          await insert(client, title);
          await both.arrive();
          await client.query('COMMIT');
        }),
      ),
    );
    const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(failed.map(({ reason }) => (reason as pg.DatabaseError).code)).toEqual(['40001']);
    await subject().query(A, `DELETE FROM note WHERE title IN ('x', 'y')`);
  });

  it('tells one of two that wait for each other (40P01); the other goes on', async () => {
    if (atOnce < 2) return;
    const titles = (await subject().notesOf(A)).map(({ title }) => title);
    const pairs = [
      [titles[0], titles[1]],
      [titles[1], titles[0]],
    ];
    const outcomes = await Promise.allSettled(
      pairs.map((pair) =>
        subject().lease(A, async (client) => {
          await client.query('BEGIN');
          await client.query('UPDATE note SET title = title WHERE title = $1', [pair[0]]);
          await both.arrive();
          await client.query('UPDATE note SET title = title WHERE title = $1', [pair[1]]);
          await client.query('COMMIT');
        }),
      ),
    );
    const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(failed.map(({ reason }) => (reason as pg.DatabaseError).code)).toEqual(['40P01']);
  });

  /** Where two wait until both are there. */
  const both = {
    waiting: [] as (() => void)[],
    arrive(): Promise<void> {
      return new Promise((resolve) => {
        this.waiting.push(resolve);
        if (this.waiting.length < 2) return;
        for (const go of this.waiting.splice(0)) go();
      });
    },
  };
}
