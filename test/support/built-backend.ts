import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export const ROOT = join(__dirname, '../..');
const MAIN = join(ROOT, 'dist/src/main.js');
const START_TIMEOUT_MS = 60_000;

/** The built backend as a process of its own; the global set-up of the e2e project has built it. */
export class BuiltBackend {
  private constructor(
    readonly child: ChildProcess,
    readonly url: string,
    private readonly written: string[],
  ) {}

  /** Everything it wrote so far. */
  get output(): string {
    return this.written.join('');
  }

  static async start(environment: Record<string, string>, cwd = ROOT): Promise<BuiltBackend> {
    const { child, written } = spawnBackend(environment, cwd);
    const url = await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`Not listening:\n${written.join('')}`)),
        START_TIMEOUT_MS,
      );
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        act();
      };
      child.stdout?.on('data', () => {
        const [, found] = /^Listening on (\S+)$/m.exec(written.join('')) ?? [];
        if (found) settle(() => resolve(found));
      });
      child.once('exit', (code) =>
        settle(() => reject(new Error(`Exited with ${code}:\n${written.join('')}`))),
      );
    });
    return new BuiltBackend(child, url, written);
  }

  /** Starts what is expected not to start; answers with its exit code and what it wrote. */
  static async refuse(environment: Record<string, string>): Promise<{ code: number | null; output: string }> {
    const { child, written } = spawnBackend(environment, ROOT);
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output: written.join('') };
  }

  /** Starts, and sends the signal as soon as it has written what is waited for; answers like `refuse`. */
  static async interrupt(
    environment: Record<string, string>,
    written: RegExp,
    signal: NodeJS.Signals,
  ): Promise<{ code: number | null; output: string }> {
    const process = spawnBackend(environment, ROOT);
    // Once: a second signal ends the process at once.
    const whenWritten = (): void => {
      if (!written.test(process.written.join(''))) return;
      process.child.stdout?.off('data', whenWritten);
      process.child.kill(signal);
    };
    process.child.stdout?.on('data', whenWritten);
    const [code] = (await once(process.child, 'close')) as [number | null];
    return { code, output: process.written.join('') };
  }

  async kill(signal: NodeJS.Signals): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode;
    const gone = once(this.child, 'close');
    this.child.kill(signal);
    await gone;
    return this.child.exitCode;
  }
}

function spawnBackend(
  environment: Record<string, string>,
  cwd: string,
): { child: ChildProcess; written: string[] } {
  const { PATH, HOME, USER } = process.env;
  const child = spawn(process.execPath, [MAIN], {
    cwd,
    env: { PATH, HOME, USER, PORT: '0', LOG_LEVEL: 'warn', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => written.push(chunk.toString()));
  return { child, written };
}
