import fc from 'fast-check';
import type { DataSource } from 'typeorm';
import type { FuzzServer } from './fuzz-server.js';
import { Outcome } from './outcome.js';
import { describeProgram, type Program } from './program.js';
import { programs } from './programs.js';
import type { Finding } from './row-model.js';
import { runProgram } from './run-program.js';
import type { Subject } from './subjects.js';

/** The machine has a say in what a program does, so one that failed is given so many chances to fail again. */
const CHANCES = 4;

export interface FuzzOptions {
  readonly server: FuzzServer;
  readonly subject: Subject;
  /** Which programs are made follows from it. */
  readonly seed: number;
  /** From an earlier run with this seed: that one program only. */
  readonly path?: string;
  readonly programs: number;
  /** No program is begun after that. @default until all have run */
  readonly milliseconds?: number;
  /** Makes a failing program smaller before it is told. @default true */
  readonly shrink?: boolean;
  /** What counts. @default everything */
  readonly kinds?: readonly Finding['kind'][];
}

export interface FuzzResult {
  readonly outcome: Outcome;
  readonly programs: number;
  readonly failure?: {
    readonly seed: number;
    readonly path: string;
    /** Whether the program was made smaller. */
    readonly shrunk: boolean;
    readonly program: Program;
    readonly findings: readonly Finding[];
  };
}

/** Runs random programs until one fails, and then smaller and smaller ones that still do. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { server, subject } = options;
  const dataSource = await subject.dataSource(server).initialize();
  await endPool(dataSource);
  const outcome = new Outcome();
  // fast-check's own limit leaves a program running when it ends.
  const ends = performance.now() + (options.milliseconds ?? Infinity);
  let ran = 0;
  let findings: readonly Finding[] = [];
  const fails = async (program: Program): Promise<boolean> => {
    for (
      let chances = findings.length > 0 ? CHANCES : 1;
      chances > 0 && performance.now() < ends;
      chances -= 1
    ) {
      const one = await runProgram(program, {
        server,
        dataSource,
        makePool: (config) => subject.pool(config, server),
      });
      ran += 1;
      outcome.add(one);
      const counted = one.findings.filter(({ kind }) => options.kinds?.includes(kind) ?? true);
      if (counted.length === 0) continue;
      findings = counted;
      return true;
    }
    return false;
  };
  const details = await fc.check(
    fc.asyncProperty(programs, async (program) => !(await fails(program))),
    {
      seed: options.seed,
      numRuns: options.programs,
      endOnFailure: options.shrink === false,
      ...(options.path !== undefined && { path: options.path }),
    },
  );
  await forget(dataSource);
  if (!details.counterexample) return { outcome, programs: ran };
  const [program] = details.counterexample;
  return {
    outcome,
    programs: ran,
    failure: {
      seed: options.seed,
      path: details.counterexamplePath,
      shrunk: options.shrink !== false,
      program,
      findings,
    },
  };
}

/** The pool it was initialized with; each program has one of its own. */
async function endPool({ driver }: DataSource): Promise<void> {
  await (driver as unknown as { master: { end(): Promise<void> } }).master.end();
}

/** The pools of the programs are closed, so that there is nothing left for it to end. */
async function forget(dataSource: DataSource): Promise<void> {
  Object.assign(dataSource.driver, { master: { end: (done: () => void) => done() } });
  await dataSource.destroy();
}

export function describeResult(name: string, { outcome, programs: ran, failure }: FuzzResult): string {
  const errors = Object.entries(outcome.errors).sort(([, a], [, b]) => b - a);
  const lines = [
    `${name}: ${ran} programs, ${outcome.operations} operations, ${outcome.right} reads right, ` +
      `${outcome.findings.length} findings; errors: ${errors.map(([kind, count]) => `${kind} ${count}`).join(', ') || 'none'}`,
  ];
  if (failure) {
    const { seed, path, program, findings } = failure;
    lines.push(
      `FUZZ_SEED=${seed} FUZZ_PATH=${path}`,
      ...(failure.shrunk ? [describeProgram(program)] : []),
      ...findings.slice(0, 5).map(({ kind, what }) => `  ${kind}: ${what}`),
    );
  }
  return lines.join('\n');
}
