import { resolve } from 'node:path';
import { readAlertConfig, type AlertWebhookConfig } from './alert-config.js';
import { readDatabaseConfig, type DatabaseConfig } from './database-config.js';
import { Environment } from './environment.js';
import { readRateLimitConfig, type RateLimitConfig } from './rate-limit-config.js';
import { integer, matching, oneOf, text, trustProxy, type TrustProxy } from './readers.js';
import { apiKey, MIN_DISTINCT_CHARACTERS, MIN_SECRET_LENGTH, ownSecretKey, secret } from './secrets.js';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/**
 * Everything the backend can be told from outside, checked. Each property is the variable of the same name, but where
 * several go together.
 */
export interface AppConfig {
  /** 0 picks a free one. @default 3000 */
  readonly port: number;
  /** @default '127.0.0.1' */
  readonly host: string;
  /** Absolute. @default '.data' */
  readonly dataDir: string;
  readonly database: DatabaseConfig;
  /** The platform operator's key; left out, one is made on an empty database. */
  readonly operatorApiKey?: string;
  /** The tenant of a request that names none: id or slug. */
  readonly defaultTenant?: string;
  /** Lower-case. @default 'x-tenant-id' */
  readonly tenantHeader: string;
  /** Whose `X-Forwarded-*` headers count. @default false */
  readonly trustProxy: TrustProxy;
  /** What signatures and derived keys come from. */
  readonly secretKey: string;
  /** @default 'info' */
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** Who is told of alerts; left out, the log is. `ALERT_WEBHOOK_URL` and `ALERT_WEBHOOK_SECRET`. */
  readonly alertWebhook?: AlertWebhookConfig;
  /** `REDIS_URL`, `API_REQUESTS_PER_MINUTE` and `ADDRESS_REQUESTS_PER_MINUTE`. */
  readonly rateLimits: RateLimitConfig;
  /** How long requests in flight may take after a signal to stop. @default 10000 */
  readonly shutdownGraceMs: number;
}

/**
 * Reads the configuration of the backend.
 *
 * @throws ConfigurationError naming every variable that is missing or not what it should be
 */
export function loadConfig(variables: NodeJS.ProcessEnv = process.env): AppConfig {
  const env = new Environment(variables);
  const database = readDatabaseConfig(env);
  const dataDir = resolve(env.withDefault('DATA_DIR', '.data', 'a directory', text));
  const operatorApiKey = env.optional(
    'OPERATOR_API_KEY',
    `at least ${MIN_SECRET_LENGTH} printable characters, ${MIN_DISTINCT_CHARACTERS} of them different; ` +
      '`openssl rand -base64 32` makes one',
    apiKey,
  );
  const defaultTenant = env.optional(
    'DEFAULT_TENANT',
    `a tenant's slug or id`,
    matching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/),
  );
  const alertWebhook = readAlertConfig(env);
  const secretKey = env.optional('SECRET_KEY', `at least ${MIN_SECRET_LENGTH} printable characters`, secret);
  if (database.kind === 'server' && !variables.SECRET_KEY?.trim()) {
    env.report(
      'SECRET_KEY is required with DATABASE_URL, the same for every process; `openssl rand -base64 32` makes one',
    );
  }
  const config = {
    port: env.withDefault('PORT', 3000, 'a whole number from 0 to 65535', integer(0, 65_535)),
    host: env.withDefault(
      'HOST',
      '127.0.0.1',
      'an address or host name to listen on',
      matching(/^[\w.:%-]+$/),
    ),
    dataDir,
    database,
    rateLimits: readRateLimitConfig(env),
    tenantHeader: env
      .withDefault(
        'TENANT_HEADER',
        'x-tenant-id',
        'the name of an HTTP header',
        matching(/^[\w!#$%&'*+.^`|~-]+$/),
      )
      .toLowerCase(),
    trustProxy: env.withDefault(
      'TRUST_PROXY',
      false,
      'true, false, a number of proxies, or addresses and networks separated by commas',
      trustProxy,
    ),
    logLevel: env.withDefault(
      'LOG_LEVEL',
      'info' as const,
      `one of ${LOG_LEVELS.join(', ')}`,
      oneOf(...LOG_LEVELS),
    ),
    shutdownGraceMs: env.withDefault(
      'SHUTDOWN_GRACE_MS',
      10_000,
      'a whole number of milliseconds up to 600000',
      integer(0, 600_000),
    ),
    ...(operatorApiKey && { operatorApiKey }),
    ...(defaultTenant && { defaultTenant }),
    ...(alertWebhook && { alertWebhook }),
  };
  env.throwIfInvalid();
  return { ...config, secretKey: secretKey ?? ownSecretKey(dataDir) };
}
