import { readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { identifyProcess } from './process-identity.js';

/**
 * Whether a server runs on this cluster. Asked of the process itself: after a power cut, or in a container made
 * again over the same volume, the id in postmaster.pid belongs to somebody else, whom `pg_ctl stop` would signal
 * and for whose sake the server would refuse to start. Such a stale file is removed.
 */
export function isServerRunning(cluster: string): boolean {
  const file = join(cluster, 'postmaster.pid');
  const pid = pidIn(file);
  if (pid === undefined || identifyProcess(pid) === undefined) return false;
  if (worksIn(pid, cluster)) return true;
  if (identifyProcess(pid) !== undefined) rmSync(file, { force: true });
  return false;
}

function pidIn(file: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function worksIn(pid: number, cluster: string): boolean {
  if (process.platform !== 'linux') return true; // PostgreSQL's own word is all there is
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(cluster);
  } catch (error) {
    // Another user's process cannot be ours, a server we may not look at belongs to a cluster we cannot open.
    return (error as NodeJS.ErrnoException).code !== 'EACCES';
  }
}
