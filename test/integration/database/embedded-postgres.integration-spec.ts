import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from '../../../src/database/embedded/embedded-postgres.js';
import { startServerProcess, type ServerProcess } from './server-process.js';

const asRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

describe(startEmbeddedPostgres.name, () => {
  let home: string;
  let dataDir: string;
  let servers: EmbeddedPostgres[];
  let processes: ServerProcess[];

  beforeEach(() => {
    home = realpathSync(mkdtempSync(join(tmpdir(), 'embedded-')));
    chmodSync(home, 0o711);
    dataDir = join(home, 'postgres');
    servers = [];
    processes = [];
  });

  afterEach(async () => {
    for (const child of processes) await child.end('SIGKILL');
    for (const server of servers) await server.stop();
    if (existsSync(join(dataDir, 'cluster/postmaster.pid')))
      await (await startEmbeddedPostgres({ dataDir })).remove();
    rmSync(home, { recursive: true, force: true });
  });

  const start = async (options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> => {
    const server = await startEmbeddedPostgres({ dataDir, durable: false, ...options });
    servers.push(server);
    return server;
  };
  const startProcess = (as: { uid?: number; gid?: number } = {}): ServerProcess => {
    const child = startServerProcess(dataDir, as);
    processes.push(child);
    return child;
  };
  const postmasterPid = (): number =>
    Number.parseInt(readFileSync(join(dataDir, 'cluster/postmaster.pid'), 'utf8'), 10);

  it('keeps data over a restart', async () => {
    const first = await start();
    expect(first.created).toBe(true);
    await query(first.adminUrl(), 'CREATE TABLE kept AS SELECT 42 AS value');
    await first.stop();

    const second = await start();
    expect(second.created).toBe(false);
    expect(await query(second.adminUrl(), 'SELECT value FROM kept')).toEqual([{ value: 42 }]);
  });

  it('stops for good: a second stop leaves the server of the next app alone', async () => {
    const first = await start();
    await first.stop();
    const second = await start();
    await first.stop();
    expect(await query(second.adminUrl(), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('lets in nobody without the password, listens on loopback only, and is UTF-8 with the C locale', async () => {
    const server = await start({ settings: { max_connections: 37 } });
    const wrong = server.adminUrl().replace(/:[^:@/]+@/, ':wrong@');
    await expect(query(wrong, 'SELECT 1')).rejects.toThrow(/password authentication failed/);

    const [row] = await query(
      server.adminUrl(),
      `SELECT current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets,
              current_setting('max_connections') AS connections, current_setting('server_encoding') AS encoding,
              (SELECT datcollate FROM pg_database WHERE datname = current_database()) AS collate,
              (SELECT array_agg(DISTINCT auth_method) FROM pg_hba_file_rules) AS methods`,
    );
    expect(row).toEqual({
      addresses: '127.0.0.1',
      sockets: '',
      connections: '37',
      encoding: 'UTF8',
      collate: 'C',
      methods: ['scram-sha-256'],
    });
    expect(statSync(join(dataDir, 'superuser-password')).mode & 0o777).toBe(0o600);
    expect(statSync(join(dataDir, 'cluster')).mode & 0o077).toBe(0);
  });

  it('refuses a directory that a live app uses, and leaves that one running', async () => {
    const other = startProcess();
    const { url } = await other.ready;
    await expect(start()).rejects.toThrow(
      new RegExp(`process ${other.pid}, uses the data directory ${dataDir}.*DATA_DIR`),
    );
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);

    await other.end('SIGTERM');
    await expect(start()).resolves.toMatchObject({ created: false });
  });

  it('lets one of several that start at once have the directory', async () => {
    const results = await Promise.allSettled([
      startProcess().ready,
      startProcess().ready,
      startProcess().ready,
    ]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
  });

  it('takes over the server of an app that was killed', async () => {
    const killed = startProcess();
    const { url } = await killed.ready;
    await query(url, 'CREATE TABLE kept AS SELECT 42 AS value');
    const orphan = postmasterPid();
    await killed.end('SIGKILL');
    expect(isAlive(orphan)).toBe(true);

    const server = await start();
    expect(await query(server.adminUrl(), 'SELECT value FROM kept')).toEqual([{ value: 42 }]);
    expect(postmasterPid()).not.toBe(orphan);
  });

  it('recovers when the server was killed', async () => {
    const first = await start({ durable: true });
    await query(first.adminUrl(), 'CREATE TABLE kept AS SELECT 42 AS value');
    process.kill(postmasterPid(), 'SIGKILL');
    await first.stop();
    const second = await start();
    expect(await query(second.adminUrl(), 'SELECT value FROM kept')).toEqual([{ value: 42 }]);
  });

  it('recovers when app and server were killed', async () => {
    const killed = startProcess();
    await query((await killed.ready).url, 'CREATE TABLE kept AS SELECT 42 AS value');
    process.kill(postmasterPid(), 'SIGKILL');
    await killed.end('SIGKILL');
    const server = await start();
    expect(await query(server.adminUrl(), 'SELECT value FROM kept')).toEqual([{ value: 42 }]);
  });

  it('starts over an initialisation that was interrupted', async () => {
    const killed = startProcess();
    const initialising = (): boolean =>
      existsSync(dataDir) && readdirSync(dataDir).some((name) => name.startsWith('cluster.init-'));
    while (!initialising()) await sleep(5);
    await killed.end('SIGKILL');
    expect(existsSync(join(dataDir, 'cluster'))).toBe(false);

    const server = await start();
    expect(server.created).toBe(true);
    expect(initialising()).toBe(false);
    expect(await query(server.adminUrl(), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it.each([
    ['a process that is gone', JSON.stringify({ pid: 2 ** 22 + 1, startedAt: '1' })],
    ['a process id that was given to another process', JSON.stringify({ pid: process.pid, startedAt: '1' })],
    ['something unreadable', '{'],
  ])('takes over the claim of %s', async (_, content) => {
    mkdirSync(dataDir, { mode: 0o711 });
    writeFileSync(join(dataDir, 'app.lock'), content);
    await expect(start()).resolves.toMatchObject({ created: true });
  });

  it('does not touch a stranger whose process id an old postmaster.pid holds', async () => {
    await (await start()).stop();
    writeFileSync(join(dataDir, 'cluster/postmaster.pid'), `${process.ppid}\n${join(dataDir, 'cluster')}\n`);
    const server = await start();
    expect(isAlive(process.ppid)).toBe(true);
    expect(await query(server.adminUrl(), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('says what is wrong with a cluster it cannot open', async () => {
    await (await start()).stop();
    const password = readFileSync(join(dataDir, 'superuser-password'), 'utf8');
    rmSync(join(dataDir, 'superuser-password'));
    await expect(start()).rejects.toThrow(/superuser-password is missing/);
    writeFileSync(join(dataDir, 'superuser-password'), password, { mode: 0o600 });

    const version = readFileSync(join(dataDir, 'cluster/PG_VERSION'), 'utf8');
    writeFileSync(join(dataDir, 'cluster/PG_VERSION'), '9\n');
    await expect(start()).rejects.toThrow(/made by PostgreSQL 9/);
    writeFileSync(join(dataDir, 'cluster/PG_VERSION'), version);

    await expect(start({ settings: { no_such_setting: 'on' } })).rejects.toThrow(/no_such_setting/);
    await expect(start()).resolves.toMatchObject({ created: false });
  });

  it('removes everything', async () => {
    const server = await start();
    await server.remove();
    expect(existsSync(dataDir)).toBe(false);
    await expect(query(server.adminUrl(), 'SELECT 1')).rejects.toThrow();
  });

  const whenRoot = asRoot ? it : it.skip;

  whenRoot('runs as an ordinary user', async () => {
    chownSync(home, NOBODY, NOBODY);
    const child = startProcess({ uid: NOBODY, gid: NOBODY });
    const { url, created } = await child.ready;
    expect(created).toBe(true);
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(statSync(join(dataDir, 'cluster')).uid).toBe(NOBODY);

    await child.end('SIGTERM');
    await expect(start()).rejects.toThrow(new RegExp(`belongs to user id ${NOBODY}`));
    rmSync(dataDir, { recursive: true });
  });

  whenRoot('works below a folder that only root can enter', async () => {
    chmodSync(home, 0o700);
    const first = await start();
    await query(first.adminUrl(), 'CREATE TABLE kept AS SELECT 42 AS value');
    await first.stop();
    const elsewhere = first.clusterDir;
    expect(elsewhere.startsWith(home)).toBe(false);

    const second = await start();
    expect(await query(second.adminUrl(), 'SELECT value FROM kept')).toEqual([{ value: 42 }]);
    await second.remove();
    expect(existsSync(elsewhere)).toBe(false);
  });

  it('names the way out when the directory cannot be written', async () => {
    const file = join(home, 'file');
    writeFileSync(file, '');
    await expect(startEmbeddedPostgres({ dataDir: join(file, 'postgres') })).rejects.toThrow(
      /cannot be made .*DATA_DIR/,
    );
  });
});

async function query(connectionString: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<pg.QueryResultRow>(sql)).rows;
  } finally {
    await client.end();
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
