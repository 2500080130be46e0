import { spawnSync } from 'node:child_process';
import { EmbeddedPostgresError, USE_A_SERVER_INSTEAD } from './embedded-postgres.error.js';

/** An operating system account, as `spawn` wants it. */
export interface ServerAccount {
  readonly uid: number;
  readonly gid: number;
}

const NAME = 'postgres';

/**
 * The account the server has to run as: PostgreSQL refuses to be root. `undefined` for an ordinary user, who
 * runs it as himself.
 */
export function serverAccount(): ServerAccount | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const account = lookUp() ?? create();
  if (account === undefined) {
    throw new EmbeddedPostgresError(
      `PostgreSQL does not run as root, and the account "${NAME}" neither exists nor could be created with useradd. ` +
        `Start as an ordinary user, or create that account. ${USE_A_SERVER_INSTEAD}`,
    );
  }
  return account;
}

function lookUp(): ServerAccount | undefined {
  const [uid, gid] = [idOf('-u'), idOf('-g')];
  return uid && gid ? { uid, gid } : undefined;
}

function idOf(flag: '-u' | '-g'): number | undefined {
  const { status, stdout } = spawnSync('id', [flag, NAME], { encoding: 'utf8' });
  return status === 0 ? Number(stdout.trim()) : undefined;
}

function create(): ServerAccount | undefined {
  const options = ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent'];
  spawnSync('useradd', [...options, '--shell', '/bin/false', NAME], { stdio: 'ignore' });
  return lookUp();
}
