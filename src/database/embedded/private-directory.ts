import { lstat, mkdir } from 'node:fs/promises';
import { EmbeddedPostgresError } from './embedded-postgres.error.js';

/**
 * A directory, made when missing, that nobody but this user can write: in a shared place such as /tmp another
 * user could have put his own programs there.
 */
export async function privateDirectory(path: string, mode: number): Promise<string> {
  await mkdir(path, { recursive: true, mode });
  const found = await lstat(path);
  const foreign = process.getuid !== undefined && found.uid !== process.getuid();
  if (!found.isDirectory() || foreign || (found.mode & 0o022) !== 0) {
    throw new EmbeddedPostgresError(
      `${path} can be written by somebody else, so nothing from it is run. Remove it, or take that right away.`,
    );
  }
  return path;
}
