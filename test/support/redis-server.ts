import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/database/embedded/free-port.js';

/** A redis-server for one suite, on a port and in a directory of its own. Nothing of it is kept. */
export class RedisServer {
  private constructor(
    readonly port: number,
    private readonly options: readonly string[],
    private readonly directory: string,
    private process: ChildProcess,
  ) {}

  /** Whether there is one to start. On CI there must be: a suite that is left out there proves nothing. */
  static isInstalled(): boolean {
    try {
      execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
      return true;
    } catch {
      if (process.env.CI) throw new Error('redis-server is not installed, and CI is set.');
      process.stderr.write('redis-server is not installed: the suites that need it are skipped.\n');
      return false;
    }
  }

  /** @param options further ones, as on the command line */
  static async start(options: readonly string[] = []): Promise<RedisServer> {
    const port = await freePort();
    const directory = await mkdtemp(join(tmpdir(), 'test-redis-'));
    const all = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', '', ...options];
    return new RedisServer(port, all, directory, await launch(all));
  }

  /** Ends it as a crash would. What it held is gone. */
  async kill(): Promise<void> {
    const ended = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await ended;
  }

  /** After `kill`: one on the same port. */
  async restart(): Promise<void> {
    this.process = await launch(this.options);
  }

  /** It keeps its connections and answers nothing, as behind a network that swallows packets. */
  pause(): void {
    this.process.kill('SIGSTOP');
  }

  resume(): void {
    this.process.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const ended = once(this.process, 'exit');
      this.process.kill('SIGTERM');
      await ended;
    }
    await rm(this.directory, { recursive: true, force: true });
  }
}

async function launch(options: readonly string[]): Promise<ChildProcess> {
  const server = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] });
  // Also when this process is ended before it can clean up.
  const kill = (): void => void server.kill('SIGKILL');
  process.once('exit', kill);
  server.once('exit', () => process.off('exit', kill));
  await readiness(server);
  return server;
}

function readiness(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    server.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
      if (said.includes('Ready to accept connections')) resolve();
    });
    server.once('error', reject);
    server.once('exit', () => reject(new Error(`redis-server did not start:\n${said}`)));
  });
}
