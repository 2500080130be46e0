import { A, B, NOTES_EACH } from '../../support/notes.js';
import { eventually } from '../../support/eventually.js';
import { PgBouncer } from '../../support/pgbouncer.js';
import { behindPgBouncer } from './place.js';
import { describeAt, saysAway, Subject } from './subject.js';

describeAt(behindPgBouncer(1), {
  'what its operator does': (subject) => {
    const bouncer = (): PgBouncer => subject().at.bouncer!;
    const read = async (tenant: string): Promise<number> => (await subject().notesOf(tenant)).length;
    const readsAgain = (): Promise<void> =>
      eventually('tenants read again', () =>
        read(A).then(
          (rows) => rows === NOTES_EACH,
          () => false,
        ),
      );

    it('PAUSE makes statements wait until RESUME', async () => {
      await read(A);
      await bouncer().command('PAUSE');
      let answered = false;
      const reads = Promise.all([A, B].map(read)).finally(() => (answered = true));
      await eventually('both wait', async () => {
        const pools = await bouncer().command('SHOW POOLS');
        return pools.some(({ cl_waiting }) => Number(cl_waiting) === 2);
      });
      expect(answered).toBe(false);
      await bouncer().command('RESUME');
      expect(await reads).toEqual([NOTES_EACH, NOTES_EACH]);
    });

    it('RECONNECT lets a transaction end, and the next statement run on a new backend', async () => {
      await subject().lease(A, async (client) => {
        await client.query('BEGIN');
        await client.query(`INSERT INTO note (title) VALUES ('across')`);
        await bouncer().command('RECONNECT');
        expect((await client.query('SELECT FROM note')).rowCount).toBe(NOTES_EACH + 1);
        await client.query('ROLLBACK');
        expect((await client.query('SELECT FROM note')).rowCount).toBe(NOTES_EACH);
      });
    });

    it('KILL ends a transaction, and its connection serves nobody again', async () => {
      await subject().lease(A, async (client) => {
        await client.query('BEGIN');
        await client.query(`INSERT INTO note (title) VALUES ('killed')`);
        await bouncer().command(`KILL ${subject().database.name}`);
        const error: unknown = await client.query('SELECT FROM note').catch((reason: unknown) => reason);
        expect(saysAway(error)).toBe(true);
      });
      await bouncer().command(`RESUME ${subject().database.name}`);
      await readsAgain();
      expect(await read(A)).toBe(NOTES_EACH);
    });

    it('a restart of it ends what runs, and is recovered from', async () => {
      await subject().lease(A, async (client) => {
        await client.query('BEGIN');
        await bouncer().stop();
        const error: unknown = await client.query('SELECT FROM note').catch((reason: unknown) => reason);
        expect(saysAway(error)).toBe(true);
      });
      await expect(read(B)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      await bouncer().start();
      await readsAgain();
    });

    it('query_wait_timeout tells who waits too long for the server', async () => {
      await bouncer().command('SET query_wait_timeout = 1');
      try {
        await subject().lease(A, async (client) => {
          await client.query('BEGIN');
          const error: unknown = await read(B).catch((reason: unknown) => reason);
          expect(saysAway(error)).toBe(true);
          await client.query('ROLLBACK');
        });
      } finally {
        await bouncer().command('SET query_wait_timeout = 120');
      }
    });

    it('max_client_conn reached answers 503', async () => {
      await read(A); // takes the one place there will be
      await bouncer().command('SET max_client_conn = 1');
      const late = Subject.of(subject().at);
      try {
        await expect(late.notesOf(A)).rejects.toMatchObject({
          code: 'UNAVAILABLE',
          message: expect.stringContaining('no more connections allowed') as string,
        });
      } finally {
        await bouncer().command('SET max_client_conn = 100');
        await late.pool.end();
      }
    });

    it('an option of the pool that it does not pass on is told by name', async () => {
      const wrong = Subject.of(subject().at, { statement_timeout: 1_000 });
      await expect(wrong.notesOf(A)).rejects.toThrow(/unsupported startup parameter: statement_timeout/);
      await wrong.pool.end();
    });
  },
});
