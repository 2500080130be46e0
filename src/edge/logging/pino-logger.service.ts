import type { LoggerService } from '@nestjs/common';
import { tryGetTenantContext } from '@parallax/tenant';
import { pino, type DestinationStream, type Level, type Logger } from 'pino';
import { describeError } from './describe-error.js';
import { currentRequestLog } from './request-log.js';
import { redact, redactText } from './secrets.js';

export interface PinoLoggerOptions {
  /** @default 'info' */
  readonly level?: Level | 'silent';
  /** @default standard output, written at once so that nothing is lost at exit */
  readonly destination?: DestinationStream;
}

/** NestJS tells every module and route it starts with: of interest to whoever looks for one, not at every start. */
const BOOT_CONTEXTS: ReadonlySet<unknown> = new Set([
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'RouterExplorer',
  'RoutesResolver',
]);

/**
 * NestJS's logger as JSON lines: each with the request and tenant it belongs to, none with a credential or an SQL
 * parameter.
 */
export class PinoLogger implements LoggerService {
  readonly #pino: Logger;

  constructor(options: PinoLoggerOptions = {}) {
    this.#pino = pino(
      {
        level: options.level ?? 'info',
        base: null,
        // Errors are described before pino sees them; its own way of doing that would begin again.
        serializers: { err: (described: unknown) => described },
        timestamp: pino.stdTimeFunctions.isoTime,
        mixin: whereabouts,
      },
      options.destination ?? pino.destination({ dest: 1, sync: true }),
    );
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.#write(BOOT_CONTEXTS.has(rest.at(-1)) ? 'debug' : 'info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.#write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.#write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.#write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.#write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.#write('fatal', message, rest);
  }

  /** NestJS passes the name of the logger last, and before it, for an error, its stack. */
  #write(level: Level, message: unknown, rest: readonly unknown[]): void {
    if (!this.#pino.isLevelEnabled(level)) return;
    const context = typeof rest.at(-1) === 'string' ? rest.at(-1) : undefined;
    const extra = rest
      .slice(0, context === undefined ? undefined : -1)
      .filter((value) => value !== undefined);
    const fields = { context, ...(extra.length > 0 && { extra: redact(extra, describeError) }) };
    if (typeof message === 'string') {
      this.#pino[level](fields, redactText(message));
    } else {
      const entry = message instanceof Error || !isRecord(message) ? { err: message } : message;
      this.#pino[level]({ ...fields, ...(redact(entry, describeError) as object) });
    }
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function whereabouts(): object {
  const request = currentRequestLog();
  const tenantId = tryGetTenantContext()?.tenantId ?? request?.tenantId;
  return { requestId: request?.requestId, tenantId };
}
