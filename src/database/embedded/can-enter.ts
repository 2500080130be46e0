import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ServerAccount } from './account.js';

/** Whether the account may pass through a directory and everything above it. Reads mode bits only, no ACLs. */
export function canEnter(directory: string, account: ServerAccount): boolean {
  const { mode, uid, gid } = statSync(directory);
  const execute = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
  if ((mode & execute) === 0) return false;
  const parent = dirname(directory);
  return parent === directory || canEnter(parent, account);
}
