import type { LoggerService } from '@nestjs/common';
import { TenantError } from './tenant.error.js';

/**
 * Writes an error to the log that is the server's own, once: to a client it says nothing, and NestJS takes it for
 * an answer like any other and is silent about it.
 */
export function logInternalError(error: unknown, logger: LoggerService): void {
  if (!(error instanceof TenantError) || error.logged || error.getStatus() < 500) return;
  error.logged = true;
  if (error.getStatus() === 503) logger.warn(error.message);
  else logger.error(error.message, error.stack);
}

/** The same for what a guard does. */
export async function loudly<T>(logger: LoggerService, fn: () => T | Promise<T>): Promise<T> {
  try {
    return await fn();
  } catch (error) {
    logInternalError(error, logger);
    throw error;
  }
}
