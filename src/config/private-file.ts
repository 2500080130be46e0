import { randomUUID } from 'node:crypto';
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

/** The content of a file only this user may read, made the first time. Never seen half-written. */
export function readOrCreatePrivateFile(path: string, make: () => string): string {
  if (!existsSync(path)) create(path, make());
  return readFileSync(path, 'utf8').trim();
}

function create(path: string, content: string): void {
  const draft = `${path}.${randomUUID()}`;
  writeFileSync(draft, content, { mode: 0o600 });
  try {
    linkSync(draft, path); // refused when another process was faster: then its content counts
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}
