import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SuiteRun {
  /** The first test that failed, if any did. */
  readonly failed?: string;
  /** Why a suite did not run at all: that says nothing about a protection. */
  readonly broken?: string;
  readonly passed?: number;
}

/** Of one test or hook. A mutation leaves connections lent out for ever, and whoever ends their pool waiting. */
const TIMEOUT_MS = 12_000;

/** What to run: specs by path, and of their tests those whose name the regular expression finds. */
export interface Selection {
  readonly suites: readonly string[];
  readonly tests?: string;
}

/** Runs specs with Jest until the first test is red. */
export async function runSuites(
  root: string,
  { suites, tests }: Selection,
  databaseUrl: string,
): Promise<SuiteRun> {
  const report = join(root, 'suite-run.json');
  const config = join(root, 'jest.mutation.cjs');
  const [reporter, testEnvironment] = ['result-reporter', 'first-failure-environment'].map((name) =>
    JSON.stringify(join(root, `test/mutation/${name}.cjs`)),
  );
  writeFileSync(
    config,
    `const config = require('./jest.config.cjs');
module.exports = {
  ...config,
  reporters: [${reporter}],
  projects: config.projects.map((project) => ({ ...project, testEnvironment: ${testEnvironment} })),
};
`,
  );
  rmSync(report, { force: true });
  const jest = join(root, 'node_modules/jest/bin/jest.js');
  const child = spawn(
    process.execPath,
    [
      ...[jest, '--config', config, '--runInBand', '--forceExit', '--ci', `--testTimeout=${TIMEOUT_MS}`],
      ...(tests === undefined ? [] : [`--testNamePattern=${tests}`]),
      ...['--runTestsByPath', ...suites],
    ],
    {
      cwd: root,
      env: { ...process.env, TEST_DATABASE_URL: databaseUrl, MUTATION_REPORT: report },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  await new Promise((resolve) => child.once('close', resolve));
  const result = read(report);
  if (!result) return { broken: `Jest wrote no result: ${errors.slice(-1_000)}` };
  return result.failed === undefined && !result.passed && !result.broken
    ? { broken: 'No test ran.' }
    : result;
}

function read(report: string): SuiteRun | undefined {
  try {
    return JSON.parse(readFileSync(report, 'utf8')) as SuiteRun;
  } catch {
    return undefined;
  }
}
