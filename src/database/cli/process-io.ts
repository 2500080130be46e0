import { loadEnvFile } from '../../config/env-file.js';
import { runCommand, type Command, type CommandIo } from './command.js';

/** Runs a command as this process: its arguments, environment (with `.env`), output and exit code. */
export async function runAsProcess(command: Command): Promise<void> {
  loadEnvFile();
  const io: CommandIo = {
    env: process.env,
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
  };
  process.exitCode = await runCommand(command, process.argv.slice(2), io);
}
