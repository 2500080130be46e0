import { spawn } from 'node:child_process';
import type { ServerAccount } from './account.js';

export interface RunOptions {
  readonly account: ServerAccount | undefined;
  /** `ignore` for a program that leaves a daemon behind: the daemon would hold the pipes open for ever. */
  readonly output?: 'collect' | 'ignore';
}

export interface RunResult {
  /** The exit code; `null` when it was killed or could not be started at all. */
  readonly status: number | null;
  /** What it wrote, or why it could not be started. */
  readonly output: string;
}

/** Runs one of the server's programs to its end. Does not throw when it fails. */
export function run(program: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  const collect = options.output !== 'ignore';
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      ...options.account,
      cwd: '/', // ours may be a folder the account cannot enter
      env: environment(),
      stdio: collect ? ['ignore', 'pipe', 'pipe'] : 'ignore',
      windowsHide: true,
    });
    let output = '';
    const append = (chunk: Buffer): void => void (output += chunk.toString());
    child.stdout?.on('data', append);
    child.stderr?.on('data', append);
    child.once('error', (error) => resolve({ status: null, output: error.message }));
    child.once('close', (status) => resolve({ status, output: output.trim() }));
  });
}

/** Without the caller's PGDATA, PGPORT and the like, and with messages in one language. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('PG') && !name.startsWith('LC_'),
  );
  return { ...Object.fromEntries(own), LC_ALL: 'C' };
}
