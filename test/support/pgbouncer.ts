import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import pg from 'pg';
import { serverAccount } from '../../src/database/embedded/account.js';
import { freePort } from '../../src/database/embedded/free-port.js';

const PROGRAM = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  .map((directory) => join(directory, 'pgbouncer'))
  .find((path) => existsSync(path));

const ADMIN = 'bouncer_admin';
const ADMIN_PASSWORD = 'of this suite only';

export interface PgBouncerOptions {
  /** Whom to let in, and to which server: URLs with user and password. */
  readonly urls: readonly string[];
  readonly mode: 'session' | 'transaction' | 'statement';
  /** How many connections to the server a database and user may have. */
  readonly poolSize: number;
  /** Further lines of its configuration. */
  readonly settings?: Readonly<Record<string, string | number>>;
}

/** A PgBouncer for one suite, on a port and in a directory of its own. It comes back on the port it had. */
export class PgBouncer {
  #process: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly directory: string,
  ) {}

  /** Whether there is one to start. On CI there must be: a suite that is left out there proves nothing. */
  static isInstalled(): boolean {
    if (PROGRAM !== undefined) return true;
    if (process.env.CI) throw new Error('pgbouncer is not installed, and CI is set.');
    process.stderr.write('pgbouncer is not installed: the suites that need it are skipped.\n');
    return false;
  }

  static async start({ urls, mode, poolSize, settings = {} }: PgBouncerOptions): Promise<PgBouncer> {
    const bouncer = new PgBouncer(await freePort(), mkdtempSync(join(tmpdir(), 'test-pgbouncer-')));
    const [server] = urls.map((url) => new URL(url));
    const users = urls.map((url) => new URL(url)).map(({ username, password }) => [username, password]);
    bouncer.#write(
      'users.txt',
      [...users, [ADMIN, ADMIN_PASSWORD]].map((user) => user.map((part) => `"${part}"`).join(' ')),
    );
    bouncer.#write('pgbouncer.ini', [
      '[databases]',
      `* = host=${server!.hostname} port=${server!.port}`,
      '[pgbouncer]',
      `listen_addr = 127.0.0.1`,
      `listen_port = ${bouncer.port}`,
      'unix_socket_dir =',
      'auth_type = scram-sha-256',
      `auth_file = ${join(bouncer.directory, 'users.txt')}`,
      `admin_users = ${ADMIN}`,
      `pool_mode = ${mode}`,
      `default_pool_size = ${poolSize}`,
      ...Object.entries(settings).map(([name, value]) => `${name} = ${value}`),
    ]);
    await bouncer.start();
    return bouncer;
  }

  async start(): Promise<void> {
    const bouncer = spawn(PROGRAM!, [join(this.directory, 'pgbouncer.ini')], {
      ...serverAccount(), // it refuses to be root
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process = bouncer;
    // Also when this process is ended before it can clean up.
    const kill = (): void => void bouncer.kill('SIGKILL');
    process.once('exit', kill);
    bouncer.once('exit', () => process.off('exit', kill));
    await readiness(bouncer);
  }

  /** The same URL, by way of this pooler. */
  through(url: string): string {
    const pooled = new URL(url);
    pooled.host = `127.0.0.1:${this.port}`;
    return pooled.href;
  }

  /** Runs a command of its console (`PAUSE`, `KILL`, `SHOW POOLS` …) and answers with the rows. */
  async command(text: string): Promise<Record<string, unknown>[]> {
    const console = new pg.Client({
      host: '127.0.0.1',
      port: this.port,
      user: ADMIN,
      password: ADMIN_PASSWORD,
      database: 'pgbouncer',
    });
    await console.connect();
    try {
      return (await console.query<Record<string, unknown>>(text)).rows;
    } finally {
      await console.end();
    }
  }

  /** Ends it and every connection through it, at once. */
  async stop(): Promise<void> {
    const bouncer = this.#process;
    if (!bouncer || bouncer.exitCode !== null || bouncer.signalCode !== null) return;
    const ended = once(bouncer, 'exit');
    bouncer.kill('SIGTERM');
    await ended;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #write(name: string, lines: readonly string[]): void {
    const path = join(this.directory, name);
    writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 });
    const account = serverAccount();
    for (const owned of account ? [this.directory, path] : []) chownSync(owned, account!.uid, account!.gid);
  }
}

function readiness(bouncer: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    bouncer.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      said = (said + chunk).slice(-4_000);
      if (said.includes('process up')) resolve();
    });
    bouncer.once('error', reject);
    bouncer.once('exit', () => reject(new Error(`pgbouncer did not start:\n${said}`)));
  });
}
