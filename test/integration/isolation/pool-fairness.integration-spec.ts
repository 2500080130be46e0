import pg from 'pg';
import { ConfigurationError, TenantPool, type TenantPoolConfig, tryGetTenantContext } from '@parallax/tenant';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { eventually } from '../../support/eventually.js';
import { A, B, createNotes, inScopeOf, NOTES_EACH } from '../../support/notes.js';
import { Gate } from './connection-gate.js';

const LOCK = 4711;
/** Lasts until the test lets go of the lock. */
const SLOW = `SELECT tenant_id, pg_advisory_xact_lock_shared(${LOCK}) FROM note`;
const READ = 'SELECT tenant_id FROM note';
/** Nobody is ever told that time is up. */
const FOR_EVER = 0;

type Row = { tenant_id: string };

describe('Connections shared out by TenantPool', () => {
  let database: TestDatabase;
  let pool: TenantPool;
  let holder: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false });
    await createNotes(database);
    holder = new pg.Client({ connectionString: database.urls.admin });
    await holder.connect();
  });
  afterAll(async () => {
    await holder.end();
    await database.drop();
  });
  afterEach(async () => {
    if (!pool.ending) await pool.end();
  });

  const open = (config: TenantPoolConfig): void => {
    pool = new TenantPool({
      connectionString: database.urls.tenant,
      connectionTimeoutMillis: FOR_EVER,
      ...config,
    });
  };
  /** How long whoever asks from now on waits. */
  const waitFor = (connectionTimeoutMillis: number): void => {
    Object.assign(pool.options, { connectionTimeoutMillis });
  };
  const askAs = async (tenant: string, text = READ): Promise<string[]> => {
    const { rows } = await inScopeOf(tenant, () => pool.query<Row>(text));
    return rows.map(({ tenant_id }) => tenant_id);
  };
  const leaseOf = (tenant: string): Promise<pg.PoolClient> => inScopeOf(tenant, () => pool.connect());
  const notesOf = (tenant: string): string[] => Array<string>(NOTES_EACH).fill(tenant);
  const running = async (): Promise<number> => {
    const rows = await database.query(
      `SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND NOT granted`,
      [LOCK],
    );
    return rows.length;
  };
  /** While it runs, slow statements do not end. */
  const whileSlow = async (test: () => Promise<void>): Promise<void> => {
    await holder.query('SELECT pg_advisory_lock($1)', [LOCK]);
    try {
      await test();
    } finally {
      await holder.query('SELECT pg_advisory_unlock($1)', [LOCK]);
    }
  };

  it('slow statements of one tenant never take the last: another reads while they last', async () => {
    open({ max: 10 });
    let slow: Promise<string[]>[] = [];
    await whileSlow(async () => {
      slow = Array.from({ length: 30 }, () => askAs(A, SLOW));
      await eventually('its share runs', async () => (await running()) === 8);
      for (let time = 0; time < 20; time += 1) expect(await askAs(B)).toEqual(notesOf(B));
      await inScopeOf(B, async () => {
        const client = await pool.connect();
        await client.query('BEGIN');
        expect((await client.query(READ)).rowCount).toBe(NOTES_EACH);
        await client.query('COMMIT');
        client.release();
      });
      await pool.query('SELECT 1');
      expect([await running(), pool.waitingCount]).toEqual([8, 22]);
    });
    expect(await Promise.all(slow)).toEqual(Array(30).fill(notesOf(A)));
    expect(pool.waitingCount).toBe(0);
  });

  it('slow statements outside its share wait, and all of the pool is for it where the option says so', async () => {
    open({ max: 3, maxPerTenant: 3 });
    const slow: Promise<string[]>[] = [];
    await whileSlow(async () => {
      slow.push(...Array.from({ length: 4 }, () => askAs(A, SLOW)));
      await eventually('all connections are its', async () => (await running()) === 3);
      slow.push(askAs(B));
      expect(pool.waitingCount).toBe(2);
    });
    expect(await Promise.all(slow)).toEqual([...Array<string[]>(4).fill(notesOf(A)), notesOf(B)]);
  });

  it('who acts for no tenant is bound by no share', async () => {
    open({ max: 2, maxPerTenant: 1 });
    const [first, second] = await Promise.all([pool.connect(), pool.connect()]);
    first.release();
    second.release();
    expect(pool.totalCount).toBe(2);
  });

  it('those who wait are served tenant by tenant, each in its order and its own scope', async () => {
    open({ max: 1 });
    const held = await leaseOf(A);
    const served: unknown[] = [];
    const ask = (tenant: string, call: string): Promise<void> =>
      inScopeOf(tenant, async () => {
        const client = await pool.connect();
        const { rows } = await client.query<Row>(READ);
        served.push([call, tryGetTenantContext()?.tenantId === tenant, rows[0]?.tenant_id === tenant]);
        client.release();
      });
    const asked = ['a1', 'a2', 'a3', 'b1', 'b2'].map((call) => ask(call.startsWith('a') ? A : B, call));
    inScopeOf(A, () => held.release());
    await Promise.all(asked);
    expect(served).toEqual(['a1', 'b1', 'a2', 'b2', 'a3'].map((call) => [call, true, true]));
  });

  it('a callback of one that waited runs in its own scope', async () => {
    open({ max: 1 });
    const held = await leaseOf(A);
    const scope = new Promise((resolve) => {
      inScopeOf(B, () => {
        pool.connect((_, __, done) => {
          resolve(tryGetTenantContext()?.tenantId);
          done();
        });
      });
    });
    inScopeOf(A, () => held.release());
    expect(await scope).toBe(B);
  });

  it('opens a connection for one that waited outside the scope of who gave one back', async () => {
    open({ max: 1 });
    const held = await leaseOf(A);
    const waiting = askAs(B);
    const scope = new Promise((resolve) => {
      pool.on('connect', () => resolve(tryGetTenantContext()?.tenantId));
    });
    inScopeOf(A, () => held.release(true));
    expect(await scope).toBeUndefined();
    expect(await waiting).toEqual(notesOf(B));
  });

  describe('when too many wait', () => {
    it('refuses the tenant that waits too much at once, and serves another', async () => {
      open({ max: 2, maxWaitingPerTenant: 3 });
      const held = await leaseOf(A);
      const waiting = Array.from({ length: 3 }, () => askAs(A));
      await expect(askAs(A)).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        status: 503,
        message: expect.stringMatching(
          new RegExp(
            `1 of 2 connections.*tenant ${A} took 1.*3 of its calls wait.*raise maxWaitingPerTenant`,
          ),
        ) as string,
      });
      await expect(leaseOf(A)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      expect(await askAs(B)).toEqual(notesOf(B));
      held.release();
      expect(await Promise.all(waiting)).toEqual(Array(3).fill(notesOf(A)));
      expect(await askAs(A)).toEqual(notesOf(A));
    });

    it('refuses at once when the pool itself has too many, but for who has none waiting yet', async () => {
      open({ max: 1, maxWaiting: 2, maxWaitingPerTenant: 2 });
      const held = await leaseOf(A);
      const waiting = [askAs(A), askAs(B), pool.connect().then((client) => client.release())];
      await expect(askAs(B)).rejects.toThrow(/3 calls of all tenants wait.*raise maxWaiting\./);
      const told = new Promise((resolve) => pool.connect((error) => resolve(error)));
      expect(await told).toMatchObject({ code: 'UNAVAILABLE' });
      held.release();
      expect(await Promise.all(waiting)).toEqual([notesOf(A), notesOf(B), undefined]);
    });
  });

  describe('gives back', () => {
    it('the place in line of one whose time is up', async () => {
      open({ max: 1, maxWaiting: 1 });
      const held = await leaseOf(A);
      waitFor(100);
      for (let time = 0; time < 3; time += 1) {
        await expect(askAs(B)).rejects.toMatchObject({
          code: 'UNAVAILABLE',
          message: expect.stringContaining(
            `timeout exceeded when trying to connect: 1 of 1 connections are taken; tenant ${B} took 0`,
          ) as string,
        });
        expect(pool.waitingCount).toBe(0);
      }
      waitFor(FOR_EVER);
      held.release();
      expect(await askAs(B)).toEqual(notesOf(B));
    });

    it.each<[string, (gate: Gate) => void]>([
      ['opens at last', (gate) => gate.open()],
      ['never opens', (gate) => gate.refuse()],
    ])('what was taken for one whose time is up by then, and %s', async (_, settle) => {
      const gate = await Gate.before(database.urls.tenant);
      open({ max: 1, connectionString: gate.url });
      try {
        const held = await leaseOf(A);
        waitFor(200);
        const waiting = askAs(B);
        gate.close();
        // For the opening that follows, not for who is in line already.
        waitFor(FOR_EVER);
        held.release(true);
        await expect(waiting).rejects.toThrow('timeout exceeded when trying to connect');
        waitFor(10_000);
        const next = askAs(A);
        expect(pool.waitingCount).toBe(1);
        settle(gate);
        expect(await next).toEqual(notesOf(A));
        expect([pool.totalCount, pool.idleCount, pool.waitingCount]).toEqual([1, 1, 0]);
      } finally {
        await pool.end();
        gate.remove();
      }
    });

    it('what a killed backend served', async () => {
      open({ max: 1 });
      const held = await leaseOf(A);
      const { rows } = await inScopeOf(A, () =>
        held.query<{ pid: number }>('SELECT pg_backend_pid() AS pid'),
      );
      const waiting = askAs(B);
      await database.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid]);
      await expect(inScopeOf(A, () => held.query(READ))).rejects.toThrow();
      expect(pool.waitingCount).toBe(1);
      held.release();
      expect(await waiting).toEqual(notesOf(B));
    });

    it('once what is released twice', async () => {
      open({ max: 1 });
      const first = await leaseOf(A);
      first.release();
      expect(() => first.release()).toThrow();
      const second = await leaseOf(A);
      const third = leaseOf(A);
      expect(pool.waitingCount).toBe(1);
      second.release();
      (await third).release();
    });

    it('what nothing could be opened for', async () => {
      const gate = await Gate.before(database.urls.tenant);
      open({ max: 1, connectionString: gate.url, connectionTimeoutMillis: 2_000 });
      gate.remove();
      const answers = await Promise.allSettled([askAs(A), askAs(B), askAs(A)]);
      expect(
        answers.map((answer) => answer.status === 'rejected' && (answer.reason as Error).message),
      ).toEqual(Array(3).fill(expect.stringContaining('ECONNREFUSED')));
    });

    it('what no client could be made for', async () => {
      open({ max: 1, maxPreparedStatements: 1 });
      for (let time = 0; time < 2; time += 1)
        await expect(askAs(A)).rejects.toThrow('maxPreparedStatements is 1');
    });
  });

  it('ends: refuses those who wait, waits for those who hold', async () => {
    open({ max: 1 });
    const held = await leaseOf(A);
    const waiting = askAs(B);
    const ended = pool.end();
    await expect(waiting).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('Cannot use a pool after calling end') as string,
    });
    await expect(askAs(A)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(pool.ended).toBe(false);
    held.release();
    await ended;
    await expect(askAs(A)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('takes no share, bound or number of connections out of range', () => {
    const connectionString = database.urls.tenant;
    open({ max: 2 });
    for (const config of [{ max: 2, maxPerTenant: 3 }, { maxWaiting: -1 }, { max: 1.5 }]) {
      expect(() => new TenantPool({ connectionString, ...config })).toThrow(ConfigurationError);
    }
  });
});
