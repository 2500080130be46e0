import { existsSync } from 'node:fs';

/** Reads `.env` of the working directory into the environment, which wins where both name a variable. */
export function loadEnvFile(path = '.env'): void {
  if (existsSync(path)) process.loadEnvFile(path);
}
