import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface, type Interface } from 'node:readline';

const ROOT = resolve(__dirname, '../../../..');

/** A program beside this file, run from source in a process of its own. */
export class ChildProgram {
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  readonly #ended: Promise<unknown>;
  #errors = '';

  constructor(program: string, args: readonly string[]) {
    this.#child = spawn(
      process.execPath,
      [
        '--conditions=@parallax/source',
        join(ROOT, 'test/support/typescript-hook.cjs'),
        join(__dirname, program),
        ...args,
      ],
      { cwd: ROOT, stdio: ['pipe', 'pipe', 'pipe'] },
    );
    const { stdin, stdout, stderr } = this.#child;
    if (!stdin || !stdout || !stderr) throw new Error('The program has no pipes.');
    // It may be gone when it is told something.
    stdin.on('error', () => undefined);
    stderr.on('data', (chunk: Buffer) => (this.#errors += chunk.toString()));
    this.#lines = createInterface(stdout);
    this.#ended = once(this.#child, 'close');
  }

  /** The next line it writes. @throws Error when it ends instead */
  async line(): Promise<string> {
    const line = await Promise.race([once(this.#lines, 'line') as Promise<[string]>, this.#ended]);
    const [text] = line as [unknown];
    if (typeof text === 'string' && this.#child.exitCode === null) return text;
    throw new Error(`The program ended with ${this.#child.exitCode}: ${this.#errors}`);
  }

  tell(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** Nothing more will be told; it is to end of itself. @throws Error unless it ends well */
  async finish(): Promise<void> {
    this.#child.stdin?.end();
    await this.#ended;
    if (this.#child.exitCode !== 0) throw new Error(`It ended with ${this.#child.exitCode}: ${this.#errors}`);
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
