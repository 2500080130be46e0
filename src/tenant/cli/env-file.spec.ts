import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { loadEnvFile } from './env-file.js';

describe(loadEnvFile.name, () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'env-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  /** In a process of its own, since the environment of a suite is a copy that Node does not write to. */
  function environmentAfter(): unknown {
    const program = `
      require(${JSON.stringify(resolve(__dirname, '../../../test/support/typescript-hook.cjs'))}).install();
      require(${JSON.stringify(join(__dirname, 'env-file.ts'))}).loadEnvFile();
      console.log(JSON.stringify({ file: process.env.SPEC_FILE, both: process.env.SPEC_BOTH }));`;
    const env = { ...process.env, SPEC_BOTH: 'environment' };
    return JSON.parse(
      execFileSync(process.execPath, ['-e', program], { cwd: directory, env, encoding: 'utf8' }),
    );
  }

  it('adds what the environment does not have', () => {
    writeFileSync(join(directory, '.env'), 'SPEC_FILE=file\nSPEC_BOTH=file\n');
    expect(environmentAfter()).toEqual({ file: 'file', both: 'environment' });
  });

  it('does nothing when there is no file', () => {
    expect(environmentAfter()).toEqual({ both: 'environment' });
  });
});
