import { type Command, type CommandIo, ExitCode, runCommand } from './command.js';

/** A command of a program that has several. */
export interface Subcommand extends Command {
  /** One line for the list of commands. */
  readonly summary: string;
}

export interface Program {
  /** As it is typed. */
  readonly name: string;
  readonly commands: Readonly<Record<string, Subcommand>>;
}

/** Runs the command that the first argument names. Without one, or with an unknown one, lists what there is. */
export async function runProgram(
  program: Program,
  argv: readonly string[],
  io: CommandIo,
): Promise<ExitCode> {
  const [name = '', ...rest] = argv;
  const command = Object.hasOwn(program.commands, name) ? program.commands[name] : undefined;
  if (command !== undefined) return await runCommand(command, rest, io);
  if (['--help', '-h', 'help'].includes(name)) {
    io.out(listing(program));
    return ExitCode.Done;
  }
  const problem = name === '' || name.startsWith('-') ? 'A command is expected.' : `No command "${name}".`;
  if (argv.includes('--json')) io.out(JSON.stringify({ error: problem }));
  else io.err(`${problem}\n\n${listing(program)}`);
  return ExitCode.Usage;
}

function listing({ name, commands }: Program): string {
  const width = Math.max(...Object.keys(commands).map((command) => command.length));
  return [
    `Usage: ${name} <command> [options]`,
    '',
    ...Object.entries(commands).map(([command, { summary }]) => `  ${command.padEnd(width)}  ${summary}`),
    '',
    `${name} <command> --help says more.`,
  ].join('\n');
}
