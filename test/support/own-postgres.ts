import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serverAccount } from '../../src/database/embedded/account.js';
import { findBinaries } from '../../src/database/embedded/binaries.js';
import { freePort } from '../../src/database/embedded/free-port.js';
import { run } from '../../src/database/embedded/run.js';

/** The programs of one PostgreSQL. */
export interface PostgresPrograms {
  readonly initdb: string;
  readonly pgCtl: string;
}

/** What the running server is told beside where to listen. */
export type PostgresSettings = Readonly<Record<string, string | number>>;

/**
 * A server for one suite, which it may stop, crash and replace as it likes. It comes back on the port it had.
 * What was committed survives a crash of the server, not one of the machine.
 */
export class OwnPostgres {
  readonly #account = serverAccount();

  private constructor(
    private readonly programs: PostgresPrograms,
    private readonly home: string,
    private readonly password: string,
    private settings: PostgresSettings,
    /** On 127.0.0.1. */
    public port: number,
  ) {
    // Also when this process is ended before it can clean up.
    process.once('exit', () => this.#killPostmaster());
  }

  /** With the PostgreSQL of node_modules, unless told which. */
  static async start(settings: PostgresSettings = {}, programs?: PostgresPrograms): Promise<OwnPostgres> {
    const account = serverAccount();
    const home = ownDirectory();
    const password = randomBytes(16).toString('hex');
    const passwordFile = join(home, 'password');
    writeFileSync(passwordFile, password);
    if (account) chownSync(passwordFile, account.uid, account.gid);
    const server = new OwnPostgres(
      programs ?? (await findBinaries(account)),
      home,
      password,
      { fsync: 'off', ...settings },
      await freePort(),
    );
    await server.#run(server.programs.initdb, [
      ...['-D', server.#cluster, '-U', 'postgres', '--encoding=UTF8', '--locale=C', '--no-sync'],
      ...['--auth=scram-sha-256', `--pwfile=${passwordFile}`],
    ]);
    await server.start();
    return server;
  }

  /** A URL that logs in as the superuser. */
  adminUrl(database = 'postgres'): string {
    return `postgres://postgres:${this.password}@127.0.0.1:${this.port}/${database}`;
  }

  async start(): Promise<void> {
    this.#configure();
    await this.#pgCtl('start');
  }

  async stop(mode: 'fast' | 'immediate' = 'fast'): Promise<void> {
    await this.#pgCtl('stop', '-m', mode);
  }

  async restart(mode: 'fast' | 'immediate'): Promise<void> {
    await this.#pgCtl('restart', '-m', mode);
  }

  /** A server that follows this one, which is stopped for as long as the copy takes. */
  async standby(): Promise<OwnPostgres> {
    await this.stop();
    const home = ownDirectory();
    await this.#run('cp', ['-a', this.#cluster, join(home, 'cluster')]);
    const follower = new OwnPostgres(
      this.programs,
      home,
      this.password,
      { ...this.settings, primary_conninfo: `${this.adminUrl()}?application_name=standby` },
      await freePort(),
    );
    await follower.#run('touch', [join(home, 'cluster', 'standby.signal')]);
    await this.start();
    await follower.start();
    return follower;
  }

  /** Waits for this server to confirm each commit by the standby. */
  async commitWithStandby(): Promise<void> {
    this.settings = { ...this.settings, synchronous_standby_names: 'standby' };
    this.#configure();
    await this.#pgCtl('reload');
  }

  /** Makes a standby the primary, on the address the primary had. */
  async takeOver(port: number): Promise<void> {
    await this.#pgCtl('promote', '-w');
    await this.stop();
    this.port = port;
    await this.start();
  }

  async remove(): Promise<void> {
    if (this.#postmaster() !== undefined) await this.stop('immediate');
    rmSync(this.home, { recursive: true, force: true });
  }

  get #cluster(): string {
    return join(this.home, 'cluster');
  }

  /** The last line of a setting wins. */
  #configure(): void {
    const settings = {
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      ...this.settings,
      port: this.port,
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'\n`);
    appendFileSync(join(this.#cluster, 'postgresql.conf'), lines.join(''));
  }

  async #pgCtl(command: string, ...options: string[]): Promise<void> {
    const log = join(this.home, 'log');
    const args = [command, '-D', this.#cluster, ...options];
    if (command !== 'promote' && command !== 'reload') args.push('-w');
    if (command === 'start' || command === 'restart') args.push('-l', log);
    const { status } = await run(this.programs.pgCtl, args, { account: this.#account, output: 'ignore' });
    if (status !== 0)
      throw new Error(`pg_ctl ${command} ended with ${status}.\n${readFileSync(log, 'utf8').slice(-2_000)}`);
  }

  async #run(program: string, args: readonly string[]): Promise<void> {
    const { status, output } = await run(program, args, { account: this.#account });
    if (status !== 0) throw new Error(`${program} ended with ${status}: ${output}`);
  }

  #postmaster(): number | undefined {
    try {
      return Number.parseInt(readFileSync(join(this.#cluster, 'postmaster.pid'), 'utf8'), 10);
    } catch {
      return undefined;
    }
  }

  #killPostmaster(): void {
    const pid = this.#postmaster();
    if (pid === undefined) return;
    process.kill(pid, 'SIGQUIT');
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** Where the account of the server may write. */
function ownDirectory(): string {
  const account = serverAccount();
  const directory = mkdtempSync(join(tmpdir(), 'test-postgres-'));
  chmodSync(directory, 0o700);
  if (account) chownSync(directory, account.uid, account.gid);
  return directory;
}
