import pg from 'pg';
import { ConfigurationError } from '../errors/isolation.errors.js';

const PATIENCE_MS = 10_000;

/**
 * Logs in once, so that a wrong URL is told by the name of its variable.
 *
 * @throws ConfigurationError with the variable and the reason; never with the URL
 * @example
 * await checkConnection('DATABASE_URL', process.env.DATABASE_URL);
 */
export async function checkConnection(variable: string, url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: PATIENCE_MS });
  client.on('error', () => undefined); // reported by connect()
  try {
    await client.connect();
  } catch (error) {
    throw new ConfigurationError(`${variable}: the database cannot be reached (${reasonOf(error)}).`);
  } finally {
    await client.end();
  }
}

/** Node reports several addresses that all refuse as one error without a message. */
function reasonOf(error: unknown): string {
  const { message, code } = error as { message: string; code?: string };
  return message || code || 'no reason given';
}
