import { once } from 'node:events';
import { request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { type Tenant, TenantPool } from '@parallax/tenant';
import { eventually } from '../../support/eventually.js';
import { startFaultyProxy } from '../../support/faulty-proxy.js';
import { credential, memberOf } from '../../support/fixture-app.js';
import { A, inScopeOf } from '../../support/notes.js';
import { NotesApp, titleOf } from './notes-app.js';
import { behindPgBouncer, EMBEDDED, type OpenPlace, type Place } from './place.js';

const REQUESTS = 1_000;
const AT_ONCE = 20;

const places = [EMBEDDED, behindPgBouncer(1)].filter((place): place is Place => place !== undefined);

describe.each(places)('Requests of an application on $name', (place) => {
  let at: OpenPlace;
  let app: NotesApp | undefined;

  beforeAll(async () => {
    at = await place.open();
  });
  afterAll(() => at.close());
  afterEach(async () => {
    if (app) await expectSettled(app);
    await app?.fixture.close();
    app = undefined;
  });

  const expectSettled = async (settling: NotesApp): Promise<void> => {
    const { pool } = settling;
    await eventually(
      'all connections are idle',
      () => pool.idleCount === pool.totalCount && pool.waitingCount === 0,
    );
    await eventually('no backend is busy', async () => {
      const busy = await at.admin(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND usename = $1 AND state <> 'idle'`,
        [at.database.roles.login],
      );
      return busy.length === 0;
    });
    await settling.expectOwnNotes();
  };

  it(`that ${REQUESTS} clients leave before they are answered leave nothing behind`, async () => {
    const { tenants, fixture, pool } = (app = await NotesApp.start(at));
    let sent = 0;
    let answered = 0;
    const wrong: string[] = [];
    const leaveMidway = (tenant: Tenant): Promise<void> =>
      new Promise((resolve) => {
        const call = request(`${fixture.url}/notes/slowly/${Math.floor(Math.random() * 10)}`, {
          headers: credential(memberOf(tenant)),
          agent: false,
        });
        call.on('error', () => resolve()).on('close', () => resolve());
        call.on('response', (response) => {
          answered += 1;
          response.setEncoding('utf8').on('error', () => undefined);
          response.on('data', (body: string) => {
            const own = [titleOf(tenant), titleOf(tenant)];
            if (body !== JSON.stringify(own)) wrong.push(body);
          });
        });
        call.end();
        setTimeout(() => call.destroy(), Math.random() * 15);
      });
    const leave = async (): Promise<void> => {
      while (sent < REQUESTS) {
        sent += 1;
        await leaveMidway(tenants[sent % 2]!);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, leave));
    expect({ sent, wrong }).toEqual({ sent: REQUESTS, wrong: [] });
    expect(answered).toBeLessThan(REQUESTS / 2);
    expect(pool.totalCount).toBeGreaterThan(0);
  });

  it('that find all connections taken get 503, also one that holds one and asks for a second', async () => {
    app = await NotesApp.start(at, { max: 1, connectionTimeoutMillis: 300 });
    const [alpha, beta] = app.tenants;
    const [holding, waiting] = await Promise.all([
      app.get(alpha, '/slowly/1500'),
      app.get(beta).then((answer) => [answer.status, answer.json().code]),
    ]);
    expect(holding.status).toBe(200);
    expect(waiting).toEqual([503, 'UNAVAILABLE']);
    const twice = await app.get(alpha, '/twice');
    expect([twice.status, twice.json().code]).toEqual([503, 'UNAVAILABLE']);
  });

  it('whose backend is killed get 503', async () => {
    app = await NotesApp.start(at);
    const answer = app.get(app.tenants[0], '/slowly/1500');
    const killed = eventually('it is killed', async () => {
      const found = await at.admin(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND usename = $1 AND query LIKE '%pg_sleep%' AND state = 'active'`,
        [at.database.roles.login],
      );
      return found.length > 0;
    });
    await killed;
    expect([(await answer).status, (await answer).json().code]).toEqual([503, 'UNAVAILABLE']);
    expect((await answer).text).not.toContain('CANARY');
  });

  it('into which the network falls silent get 503, and the next are served on new connections', async () => {
    const proxy = await startFaultyProxy(at.url);
    app = await NotesApp.start({ ...at, url: proxy.through(at.url) }, { max: 2, query_timeout: 500 });
    await Promise.all(app.tenants.map((tenant) => app!.get(tenant)));
    proxy.swallow();
    const silenced = await Promise.all(app.tenants.map((tenant) => app!.get(tenant)));
    expect(silenced.map(({ status }) => status)).toEqual([503, 503]);
    await app.expectOwnNotes();
    await expectSettled(app);
    await app.fixture.close();
    app = undefined;
    await proxy.close();
  });
});

describe('A server that takes connections and never speaks', () => {
  it('is given up on after connectionTimeoutMillis', async () => {
    const silent = createServer((socket) => void socket.on('error', () => undefined).resume());
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const pool = new TenantPool({
      connectionString: `postgres://some_login@127.0.0.1:${port}/some`,
      connectionTimeoutMillis: 200,
    });
    await expect(inScopeOf(A, () => pool.query('SELECT 1'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(pool.totalCount).toBe(0);
    await pool.end();
    silent.close();
  });
});
