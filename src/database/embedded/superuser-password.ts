import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readOrCreatePrivateFile } from '../../config/private-file.js';
import { EmbeddedPostgresError } from './embedded-postgres.error.js';

/** The password of a data directory's superuser. It is kept before there is a cluster that needs it. */
export function superuserPassword(dataDir: string, clusterExists: boolean): string {
  const path = join(dataDir, 'superuser-password');
  if (clusterExists && !existsSync(path)) {
    throw new EmbeddedPostgresError(
      `${path} is missing, and the cluster beside it cannot be opened without it. Put the file back, or move ` +
        `${dataDir} away to start with an empty database.`,
    );
  }
  return readOrCreatePrivateFile(path, () => randomBytes(32).toString('base64url'));
}
