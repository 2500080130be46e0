import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres.error.js';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.js';

export interface AppLock {
  release(): void;
}

/**
 * Claims a data directory for this process. Whoever holds the claim may stop a server found running there:
 * the app that started it is gone.
 */
export function lockDataDirectory(directory: string): AppLock {
  const path = join(directory, 'app.lock');
  const mine = JSON.stringify(identifyProcess(process.pid));
  const draft = join(directory, `.app.lock-${randomUUID()}`);
  writeDraft(draft, mine, directory);
  try {
    while (!claim(draft, path)) takeOverWhenStale(path, directory);
  } finally {
    rmSync(draft, { force: true });
  }
  return {
    release: () => {
      if (read(path) === mine) rmSync(path, { force: true });
    },
  };
}

function writeDraft(draft: string, content: string, directory: string): void {
  try {
    writeFileSync(draft, content, { mode: 0o644 });
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new EmbeddedPostgresError(
      `The data directory ${directory} cannot be written (${reason}). Set DATA_DIR to a folder of your own.`,
      { cause },
    );
  }
}

/** A hard link is made or refused as one step, and never shows a half-written file. */
function claim(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function takeOverWhenStale(path: string, directory: string): void {
  const holder = read(path);
  if (holder === undefined) return;
  const process = parse(holder);
  if (process !== undefined && isRunning(process)) throw new InUseError(directory, path, process.pid);

  // Two may find the same stale claim. Moving it aside succeeds for one; what was moved tells whether the
  // other had already put its own in place.
  const aside = `${path}-${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (read(aside) !== holder) claim(aside, path);
  rmSync(aside, { force: true });
}

class InUseError extends EmbeddedPostgresError {
  constructor(directory: string, lock: string, pid: number) {
    super(
      `Another running app, process ${pid}, uses the data directory ${directory}. Stop that one first, or give this ` +
        `one a directory of its own with DATA_DIR. (Should process ${pid} be something else, delete ${lock}.)`,
    );
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function parse(holder: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(holder) as ProcessIdentity;
  } catch {
    return undefined;
  }
}
