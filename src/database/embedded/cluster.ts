import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerAccount } from './account.js';
import type { Binaries } from './binaries.js';
import { EmbeddedPostgresError } from './embedded-postgres.error.js';
import { freePort } from './free-port.js';
import { isServerRunning } from './postmaster.js';
import { run } from './run.js';
import { ServerLog } from './server-log.js';
import { writeSettings, type ServerSettings } from './server-settings.js';

/**
 * A server killed with SIGKILL keeps its process id until its parent collects it, and its shared memory until
 * its children have noticed: until then the next one refuses to start.
 */
const START_PATIENCE_MS = 30_000;
const START_WAIT_S = 60;
const STOP_WAIT_S = 60;

/** One initialised cluster and the programs that drive it. */
export class Cluster {
  private readonly log: ServerLog;

  constructor(
    private readonly directory: string,
    private readonly binaries: Binaries,
    private readonly account: ServerAccount | undefined,
  ) {
    this.log = new ServerLog(join(directory, 'server.log'));
    this.refuseForeign();
  }

  /** Starts the server on a free port, and answers with it. A server left behind by a killed app is stopped. */
  async start(settings: ServerSettings): Promise<number> {
    const deadline = Date.now() + START_PATIENCE_MS;
    for (;;) {
      await this.stop();
      const port = await freePort();
      writeSettings(this.directory, { ...settings, port }, this.account);
      this.log.mark();
      const started = await this.pgCtl('start', '-t', String(START_WAIT_S), '-l', this.log.path);
      if (started) return port;
      if (!this.log.tellsPassingCause() || Date.now() > deadline) throw this.failure('start');
      await sleep(250);
    }
  }

  /** Stops the server, ending its connections. Does nothing when there is none. */
  async stop(): Promise<void> {
    if (!isServerRunning(this.directory)) return;
    const stopped = await this.pgCtl('stop', '-m', 'fast', '-t', String(STOP_WAIT_S));
    if (!stopped && isServerRunning(this.directory)) throw this.failure('stop');
  }

  private async pgCtl(command: string, ...options: string[]): Promise<boolean> {
    const args = [command, '-D', this.directory, '-w', ...options];
    const { status } = await run(this.binaries.pgCtl, args, { account: this.account, output: 'ignore' });
    return status === 0;
  }

  private refuseForeign(): void {
    const { uid } = statSync(this.directory);
    const own = this.account?.uid ?? process.getuid?.() ?? uid;
    if (uid !== own) {
      throw new EmbeddedPostgresError(
        `${this.directory} belongs to user id ${uid}, but the server would run as user id ${own}. Start as the user ` +
          'who made it, or set DATA_DIR to another folder.',
      );
    }
    const major = readFileSync(join(this.directory, 'PG_VERSION'), 'utf8').trim();
    if (major !== this.binaries.major) {
      throw new EmbeddedPostgresError(
        `${this.directory} was made by PostgreSQL ${major}, the embedded one is ${this.binaries.major}. Dump it with ` +
          `PostgreSQL ${major} and restore it, or set DATA_DIR to another folder to start empty.`,
      );
    }
  }

  private failure(doing: 'start' | 'stop'): EmbeddedPostgresError {
    return new EmbeddedPostgresError(
      `PostgreSQL did not ${doing}. What it wrote last to ${this.log.path}:\n${this.log.end()}`,
    );
  }
}
