import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ConfigurationError } from '../errors/isolation.errors.js';

export interface TenantPsqlOptions {
  /** The login that serves tenants. */
  readonly url: string;
  /** Given as the session starts, so that `RESET` comes back to them. */
  readonly settings: Readonly<Record<string, string>>;
  /** Before the name of the database in the prompt. */
  readonly prompt: string;
  /** Further arguments of psql. */
  readonly args: readonly string[];
}

/**
 * Runs psql in this terminal until it ends, and answers with its exit code.
 *
 * @throws ConfigurationError when psql is not there
 */
export async function runTenantPsql({ url, settings, prompt, args }: TenantPsqlOptions): Promise<number> {
  const server = new URL(url);
  const password = decodeURIComponent(server.password);
  const options = [server.searchParams.get('options'), ...Object.entries(settings).map(asOption)];
  // Neither belongs on the command line: every user of the machine can read that.
  server.password = '';
  server.searchParams.delete('options');
  const psql = spawn('psql', ['--set', `PROMPT1=${prompt} %/%R%# `, '--dbname', server.href, ...args], {
    stdio: 'inherit',
    env: {
      ...process.env,
      PGOPTIONS: options.filter((option) => option !== null).join(' '),
      ...(password && { PGPASSWORD: password }),
    },
  });
  // Ctrl-C is for the statement that psql runs, and reaches both.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  try {
    const [code] = (await once(psql, 'exit')) as [number | null];
    return code ?? 1;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new ConfigurationError(
      'psql is not installed, or not in PATH. Install the PostgreSQL client, for instance `apt-get install postgresql-client`.',
    );
  } finally {
    process.off('SIGINT', ignore);
  }
}

function asOption([name, value]: [string, string]): string {
  return `-c ${name}=${value.replace(/[\\ ]/g, '\\$&')}`;
}
