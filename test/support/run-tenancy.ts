import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

export interface TenancyRun {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const SOURCE = ['typescript-hook.cjs', 'tenancy.ts'].map((file) => join(__dirname, file));

/** Runs `tenancy <argv>` in a process of its own, with no environment but the given and what finds programs. */
export async function runTenancy(
  argv: readonly string[],
  env: NodeJS.ProcessEnv = {},
  input = '',
): Promise<TenancyRun> {
  const child = spawn(process.execPath, ['--conditions=@parallax/source', ...SOURCE, ...argv], {
    cwd: tmpdir(), // where no .env is
    env: { PATH: process.env.PATH, HOME: tmpdir(), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(input);
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { code, out, err };
}
