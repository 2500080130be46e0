import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../../..');

export interface ServerProcess {
  readonly pid: number;
  /** The superuser's URL, and whether the cluster was made. Rejects with what the process wrote when it failed. */
  readonly ready: Promise<{ url: string; created: boolean }>;
  /** Sends a signal and waits for the end. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** Runs `hold-server.ts` on a data directory. */
export function startServerProcess(
  dataDir: string,
  options: Pick<SpawnOptions, 'uid' | 'gid'> = {},
): ServerProcess {
  const hook = join(ROOT, 'test/support/typescript-hook.cjs');
  const child = spawn(process.execPath, [hook, join(__dirname, 'hold-server.ts'), dataDir], {
    ...options,
    cwd: '/',
    // The compiler keeps a copy of itself there for each user.
    env: { ...process.env, ...(options.uid !== undefined && { TMPDIR: dirname(dataDir) }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return {
    pid: child.pid ?? 0,
    ready: readiness(child),
    end: async (signal) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      await once(child, 'exit');
    },
  };
}

function readiness(child: ChildProcess): Promise<{ url: string; created: boolean }> {
  const ready = new Promise<{ url: string; created: boolean }>((found, failed) => {
    let errors = '';
    child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.stdout?.once('data', (line: Buffer) =>
      found(JSON.parse(line.toString()) as { url: string; created: boolean }),
    );
    child.once('close', () => failed(new Error(errors)));
  });
  ready.catch(() => undefined); // a suite that kills it early does not ask
  return ready;
}
