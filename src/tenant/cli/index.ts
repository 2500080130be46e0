export {
  ExitCode,
  runCommand,
  UsageError,
  type Command,
  type CommandArguments,
  type CommandIo,
  type CommandOutcome,
} from './command.js';
export { loadEnvFile } from './env-file.js';
export { runAsProcess } from './process-io.js';
