import { QueryFailedError } from 'typeorm';
import { ConnectionLostError } from '../errors/request.errors.js';
import { checkoutError, statementError } from '../isolation/client/server-away.js';

/** How long the database may take, in milliseconds; then nobody waits any longer. */
const TIMEOUT_MS = 10_000;

/**
 * One statement on the control plane, with errors that say whether it may have taken effect.
 *
 * @throws UnavailableError when there was no connection: nothing was done. ConnectionLostError when the connection
 *   ended, or no answer came in time: it may have been.
 */
export async function databaseCall<T>(statement: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new ConnectionLostError(`The control plane did not answer within ${TIMEOUT_MS} ms.`));
    }, TIMEOUT_MS);
  });
  try {
    return await Promise.race([statement(), late]);
  } catch (error) {
    if (error instanceof QueryFailedError) throw statementError(error.driverError) ?? error;
    throw checkoutError(error);
  } finally {
    clearTimeout(timer);
  }
}
