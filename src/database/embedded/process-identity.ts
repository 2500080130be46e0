import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process, told apart from a later one that was given the same id. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the system's own unit; empty where the system does not say. */
  readonly startedAt: string;
}

/** Who runs under this id now; `undefined` when nobody does, or only a dead process nobody has collected. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  if (!exists(pid)) return undefined;
  if (process.platform !== 'linux') return { pid, startedAt: startAccordingToPs(pid) };
  const [state, startedAt] = statOf(pid);
  return state === 'Z' || state === 'X' ? undefined : { pid, startedAt };
}

/** Whether the very process described still runs. */
export function isRunning(described: ProcessIdentity): boolean {
  const now = identifyProcess(described.pid);
  if (now === undefined) return false;
  return now.startedAt === '' || described.startedAt === '' || now.startedAt === described.startedAt;
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // another user's
  }
}

/** State and start time of proc(5): fields 3 and 22, counted after the name, which may hold anything. */
function statOf(pid: number): [state: string, startedAt: string] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return [fields[0] ?? '', fields[19] ?? ''];
  } catch {
    return ['', ''];
  }
}

function startAccordingToPs(pid: number): string {
  const { status, stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : ''; // Windows has no ps
}
