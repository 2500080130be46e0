import { existsSync } from 'node:fs';

/**
 * Reads `.env` of the working directory into the environment, which wins where both name a variable. Without the file
 * nothing happens.
 *
 * @throws the error of node:fs when the file is there and cannot be read
 * @example
 * loadEnvFile();
 * const url = process.env.DATABASE_URL;
 */
export function loadEnvFile(path = '.env'): void {
  if (existsSync(path)) process.loadEnvFile(path);
}
