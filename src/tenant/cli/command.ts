import { parseArgs, type ParseArgsConfig } from 'node:util';
import { ConfigurationError } from '../errors/isolation.errors.js';

/** Exit codes of every command. */
export const ExitCode = {
  Done: 0,
  Failed: 1,
  /** It was called wrongly; nothing was done. */
  Usage: 2,
  /** It ran, and there is something left for the caller to do: the output says what. */
  Attention: 3,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Where a command reads and writes; a test gives its own. */
export interface CommandIo {
  readonly env: NodeJS.ProcessEnv;
  /** The result: what a script would capture. */
  out(line: string): void;
  /** Progress and problems. */
  err(line: string): void;
}

/** What came of a command that ran to its end. */
export interface CommandOutcome {
  readonly code: ExitCode;
  /** Printed with `--json`. */
  readonly json: unknown;
  /** Printed without. */
  readonly lines: readonly string[];
}

/**
 * One command, apart from the process it runs in. `--help` and `--json` are every command's and not declared.
 *
 * @example
 * export const versionCommand: Command = {
 *   help: 'Prints the version.',
 *   run: () => Promise.resolve({ code: ExitCode.Done, json: { version }, lines: [version] }),
 * };
 */
export interface Command {
  /** Printed with `--help`. */
  readonly help: string;
  /** As `parseArgs` of node:util takes them. */
  readonly options?: ParseArgsConfig['options'];
  /** @throws UsageError for arguments it cannot work with; any other error is a failure. */
  run(args: CommandArguments, io: CommandIo): Promise<CommandOutcome>;
}

/**
 * What was typed, taken apart: the arguments without a name, and the options by theirs. An option that was not given
 * is undefined, unless it has a default.
 */
export interface CommandArguments {
  readonly positionals: readonly string[];
  readonly values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;
}

/**
 * The caller's mistake: the command ends with `ExitCode.Usage` and a hint at `--help`.
 *
 * @example
 * throw new UsageError('One URL is expected; there is more than one argument.');
 */
export class UsageError extends Error {}

/**
 * Runs a command to its exit code. A failure is one readable line, or `{ "error": … }` with `--json`; nothing is
 * thrown.
 *
 * @example
 * const io: CommandIo = { env: {}, out: (line) => void lines.push(line), err: () => undefined };
 * const code = await runCommand(command, ['--json'], io);
 */
export async function runCommand(
  command: Command,
  argv: readonly string[],
  io: CommandIo,
): Promise<ExitCode> {
  const json = argv.includes('--json');
  try {
    const args = parse(command, argv);
    if (args.values.help === true) {
      io.out(command.help.trim());
      return ExitCode.Done;
    }
    const outcome = await command.run(args, io);
    if (json) io.out(JSON.stringify(outcome.json));
    else outcome.lines.forEach((line) => io.out(line));
    return outcome.code;
  } catch (error) {
    const message = messageOf(error);
    if (json) io.out(JSON.stringify({ error: message }));
    else io.err(message);
    if (!(error instanceof UsageError)) return ExitCode.Failed;
    if (!json) io.err('See --help.');
    return ExitCode.Usage;
  }
}

function parse({ options }: Command, argv: readonly string[]): CommandArguments {
  const common = { help: { type: 'boolean', short: 'h' }, json: { type: 'boolean' } } as const;
  try {
    return parseArgs({ args: [...argv], options: { ...common, ...options }, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** The cause's stack helps nobody at a prompt; the kind of an unexpected error does. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, name } = error;
  const reason = message || ((error as NodeJS.ErrnoException).code ?? '');
  const readable = error instanceof ConfigurationError || error instanceof UsageError;
  return readable ? reason : `${name}: ${reason}`;
}
