import { assertLeastPrivilege, checkConnection, type ServingLogin } from '@parallax/tenant';
import { loadEnvFile } from '@parallax/tenant/cli';

loadEnvFile();

/** A variable without which nothing works. */
export function required(variable: string, hint: string): string {
  return process.env[variable] || stop(`${variable} is not set. ${hint}`);
}

/** The URL of a database that answers; a login that serves may do nothing more than it has to. */
export async function databaseUrl(variable: string, serving?: ServingLogin): Promise<string> {
  const url = required(variable, '`npm run setup` writes it to .env.');
  try {
    await checkConnection(variable, url);
    if (serving) await assertLeastPrivilege(serving, { connectionString: url });
    return url;
  } catch (error) {
    return stop((error as Error).message);
  }
}

/** At a prompt a sentence helps, and a stack does not. */
function stop(message: string): never {
  console.error(message);
  process.exit(1);
}
