import { performance } from 'node:perf_hooks';
import pg from 'pg';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { TenantDataSource, TenantPool, TenantScoped } from '@parallax/tenant';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { startDelayingProxy, type DelayingProxy } from '../../support/delaying-proxy.js';
import { A, createNotes, inScopeOf, NOTES_EACH } from '../../support/notes.js';

const ONE_WAY_MS = 5;
const WARM_UP = 40;
const ROUNDS = 20;

@Entity('note')
@TenantScoped()
class Note {
  @PrimaryGeneratedColumn('uuid') id!: string;
  @Column({ name: 'tenant_id', type: 'uuid', update: false }) tenantId!: string;
  @Column('text') title!: string;
}

describe('Round trips of a scoped statement', () => {
  let database: TestDatabase;
  let proxy: DelayingProxy;

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false });
    await createNotes(database);
    proxy = await startDelayingProxy(database.urls.admin, ONE_WAY_MS);
  });
  afterAll(async () => {
    await proxy.close();
    await database.drop();
  });

  const turnsOf = async (work: () => Promise<unknown>): Promise<number> => {
    proxy.takeTurns();
    await work();
    return proxy.takeTurns();
  };

  /** Each round's turns, and for whoever reads the output the time as a multiple of one round trip. */
  const measure = async (what: string, work: () => Promise<unknown>): Promise<number[]> => {
    const turns: number[] = [];
    const times: number[] = [];
    for (let round = 0; round < WARM_UP; round += 1) await work();
    for (let round = 0; round < ROUNDS; round += 1) {
      const start = performance.now();
      turns.push(await turnsOf(work));
      times.push(performance.now() - start);
    }
    const median = times.sort((a, b) => a - b)[ROUNDS / 2]!;
    const roundTrips = (median / (2 * ONE_WAY_MS)).toFixed(2);
    process.stdout.write(`round trips: ${roundTrips}x in time, ${Math.max(...turns)} in turns: ${what}\n`);
    return turns;
  };
  const each = (turns: number): number[] => Array<number>(ROUNDS).fill(turns);

  describe('through TenantDataSource', () => {
    let dataSource: TenantDataSource;
    let noteOfA: Note;

    beforeAll(async () => {
      const url = proxy.through(database.urls.tenant);
      dataSource = await new TenantDataSource({
        type: 'postgres',
        url,
        entities: [Note],
        poolSize: 1,
      }).initialize();
      [noteOfA] = (await inScopeOf(A, () => dataSource.getRepository(Note).find())) as [Note];
    });
    afterAll(() => dataSource.destroy());

    const find = (): Promise<unknown> =>
      inScopeOf(A, () => dataSource.getRepository(Note).findOneByOrFail({ id: noteOfA.id }));

    it('findOneBy takes one', async () => {
      expect(await find()).toEqual(noteOfA);
      expect(await measure('findOneBy in a tenant scope', find)).toEqual(each(1));
    });

    it('a failing statement takes one', async () => {
      const fail = (): Promise<unknown> => inScopeOf(A, () => dataSource.query('SELECT 1/0 FROM note'));
      await expect(fail()).rejects.toThrow('division by zero');
      expect(await turnsOf(() => fail().catch(() => undefined))).toBe(1);
    });

    it('a transaction takes one for its start, one for its end and one for each statement between', async () => {
      const inTransaction = (): Promise<unknown> =>
        inScopeOf(A, () =>
          dataSource.transaction((manager) => manager.findOneByOrFail(Note, { id: noteOfA.id })),
        );
      expect(await measure('findOneBy in a transaction', inTransaction)).toEqual(each(3));
    });
  });

  it('pool.query takes one, as the same query without a tenant does', async () => {
    const scoped = new TenantPool({ connectionString: proxy.through(database.urls.tenant), max: 1 });
    const plain = new pg.Pool({ connectionString: proxy.through(database.urls.admin), max: 1 });
    const read = (): Promise<unknown> => inScopeOf(A, () => scoped.query('SELECT FROM note'));
    const readPlain = (): Promise<unknown> =>
      plain.query('SELECT FROM note WHERE tenant_id = $1', [A]).then(({ rowCount }) => rowCount);
    try {
      expect([await read(), await readPlain()]).toEqual([
        expect.objectContaining({ rowCount: NOTES_EACH }),
        NOTES_EACH,
      ]);
      expect(await measure('pool.query in a tenant scope', read)).toEqual(each(1));
      expect(await measure('pool.query without tenancy', readPlain)).toEqual(each(1));
    } finally {
      await scoped.end();
      await plain.end();
    }
  });

  it('counts four for a transaction, a setting, a query and a commit sent one by one', async () => {
    const client = new pg.Client({ connectionString: proxy.through(database.urls.tenant) });
    await client.connect();
    const oneByOne = async (): Promise<void> => {
      await client.query('START TRANSACTION');
      await client.query(`SELECT set_config('role', $1, true), set_config('app.tenant_id', $2, true)`, [
        database.roles.tenantApp,
        A,
      ]);
      expect((await client.query('SELECT FROM note')).rowCount).toBe(NOTES_EACH);
      await client.query('COMMIT');
    };
    try {
      await oneByOne();
      expect(await measure('the same read, scope sent by itself', oneByOne)).toEqual(each(4));
    } finally {
      await client.end();
    }
  });
});
