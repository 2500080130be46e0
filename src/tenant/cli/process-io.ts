import { type Command, type CommandIo, type ExitCode, runCommand } from './command.js';
import { loadEnvFile } from './env-file.js';

/**
 * Runs a command as this process: its arguments, environment (with `.env`), output and exit code.
 *
 * @throws as {@link loadEnvFile}; what the command itself throws becomes its exit code
 * @example
 * await runAsProcess(migrationCommand); // all that the file a shell runs has to hold
 */
export async function runAsProcess(command: Command): Promise<void> {
  await asProcess((argv, io) => runCommand(command, argv, io));
}

/** Gives `run` what a process has, and takes its exit code. */
export async function asProcess(
  run: (argv: readonly string[], io: CommandIo) => Promise<ExitCode>,
): Promise<void> {
  loadEnvFile();
  process.exitCode = await run(process.argv.slice(2), {
    env: process.env,
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
  });
}
