import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { loadConfig } from './app-config.js';

const KEY = 'k3y-of-the-tests-0123456789-abcdefgh';
const WHSEC = `whsec_${Buffer.alloc(32, 'k').toString('base64')}`;
const server = {
  SECRET_KEY: KEY,
  DATABASE_URL: 'postgres://app_login:hunter2@db:5432/app',
  CONTROL_DATABASE_URL: 'postgres://app_control:hunter2@db:5432/app',
  MIGRATION_DATABASE_URL: 'postgres://app_owner:hunter2@db:5432/app',
};

function problemsOf(variables: NodeJS.ProcessEnv): string {
  try {
    loadConfig(variables);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

describe(loadConfig.name, () => {
  it('has a default for everything but the secret', () => {
    expect(loadConfig({ SECRET_KEY: KEY })).toEqual({
      port: 3000,
      host: '127.0.0.1',
      dataDir: resolve('.data'),
      database: { kind: 'embedded' },
      tenantHeader: 'x-tenant-id',
      trustProxy: false,
      secretKey: KEY,
      logLevel: 'info',
      shutdownGraceMs: 10_000,
      rateLimits: { apiRequestsPerMinute: 6_000, addressRequestsPerMinute: 12_000 },
    });
  });

  it('reads every variable', () => {
    const config = loadConfig({
      ...server,
      PORT: '0',
      HOST: '::1',
      DATA_DIR: '/var/lib/app',
      DIRECT_DATABASE_URL: 'postgresql://app_control@/app?host=/run/postgresql',
      OPERATOR_API_KEY: KEY,
      DEFAULT_TENANT: 'acme',
      TENANT_HEADER: 'X-Customer',
      TRUST_PROXY: '10.0.0.0/8, loopback',
      LOG_LEVEL: 'debug',
      SHUTDOWN_GRACE_MS: '0',
      REDIS_URL: 'redis://cache-1:6379, rediss://user:pass@cache-2:6380',
      API_REQUESTS_PER_MINUTE: '0',
      ADDRESS_REQUESTS_PER_MINUTE: '500',
      ALERT_WEBHOOK_URL: 'https://ops.example.com/alerts?team=1',
      ALERT_WEBHOOK_SECRET: `${WHSEC}, ${WHSEC}`,
    });
    expect(config).toEqual({
      port: 0,
      host: '::1',
      dataDir: '/var/lib/app',
      database: {
        kind: 'server',
        tenantUrl: server.DATABASE_URL,
        controlUrl: server.CONTROL_DATABASE_URL,
        migrationUrl: server.MIGRATION_DATABASE_URL,
        directUrl: 'postgresql://app_control@/app?host=/run/postgresql',
      },
      operatorApiKey: KEY,
      defaultTenant: 'acme',
      tenantHeader: 'x-customer',
      trustProxy: ['10.0.0.0/8', 'loopback'],
      secretKey: KEY,
      logLevel: 'debug',
      shutdownGraceMs: 0,
      rateLimits: {
        redisUrls: ['redis://cache-1:6379', 'rediss://user:pass@cache-2:6380'],
        apiRequestsPerMinute: 0,
        addressRequestsPerMinute: 500,
      },
      alertWebhook: { url: 'https://ops.example.com/alerts?team=1', secrets: [WHSEC, WHSEC] },
    });
  });

  it('takes an empty variable for an unset one', () => {
    expect(loadConfig({ SECRET_KEY: KEY, PORT: '', DATABASE_URL: ' ' })).toMatchObject({
      port: 3000,
      database: { kind: 'embedded' },
    });
  });

  it.each([
    ['true', true],
    ['false', false],
    ['2', 2],
    ['::1,fd00::/8', ['::1', 'fd00::/8']],
  ])('understands TRUST_PROXY=%s', (TRUST_PROXY, expected) => {
    expect(loadConfig({ SECRET_KEY: KEY, TRUST_PROXY }).trustProxy).toEqual(expected);
  });

  it.each([
    'https://ops.example.com',
    'http://localhost:9000/',
    'http://127.0.0.1:9000/',
    'http://[::1]:9000/',
  ])('takes the webhook %s', (ALERT_WEBHOOK_URL) => {
    const config = loadConfig({ SECRET_KEY: KEY, ALERT_WEBHOOK_URL, ALERT_WEBHOOK_SECRET: WHSEC });
    expect(config.alertWebhook).toEqual({ url: ALERT_WEBHOOK_URL, secrets: [WHSEC] });
  });

  it.each([{ ALERT_WEBHOOK_URL: 'https://ops.example.com' }, { ALERT_WEBHOOK_SECRET: WHSEC }])(
    'refuses one of the two variables of a webhook: %j',
    (variables) => {
      expect(problemsOf({ SECRET_KEY: KEY, ...variables })).toContain(
        'ALERT_WEBHOOK_URL and ALERT_WEBHOOK_SECRET are set together',
      );
    },
  );

  it.each([
    ['PORT', '65536', 'a whole number from 0 to 65535'],
    ['PORT', '3e3', 'a whole number from 0 to 65535'],
    ['PORT', '-1', 'a whole number from 0 to 65535'],
    ['HOST', 'http://localhost', 'an address or host name'],
    ['TENANT_HEADER', 'x tenant', 'the name of an HTTP header'],
    ['DEFAULT_TENANT', '../acme', `a tenant's slug or id`],
    ['TRUST_PROXY', 'yes', 'true, false, a number of proxies'],
    ['TRUST_PROXY', '10.0.0.0/33', 'true, false, a number of proxies'],
    ['LOG_LEVEL', 'verbose', 'one of fatal, error'],
    ['SHUTDOWN_GRACE_MS', '10s', 'a whole number of milliseconds'],
    ['ALERT_WEBHOOK_URL', 'http://ops.example.com', 'an https URL'],
    ['ALERT_WEBHOOK_URL', 'http://127.0.0.1.example.com', 'an https URL'],
    ['ALERT_WEBHOOK_URL', 'https://user:pass@ops.example.com', 'without user and password'],
    ['ALERT_WEBHOOK_URL', 'ops.example.com', 'an https URL'],
    ['ALERT_WEBHOOK_SECRET', 'whsec_c2hvcnQ=', 'whsec_ and the base64'],
    ['ALERT_WEBHOOK_SECRET', `${WHSEC},`, 'whsec_ and the base64'],
    ['DATABASE_URL', 'mysql://a@b/c', 'a URL like postgres://'],
    ['SECRET_KEY', 'short', 'at least 32 printable characters'],
    ['OPERATOR_API_KEY', 'a-key-of-only-31-characters-012', 'at least 32 printable characters'],
    ['OPERATOR_API_KEY', 'abcabcabcabcabcabcabcabcabcabcabcabc', '8 of them different'],
    ['OPERATOR_API_KEY', `${KEY} with spaces`, 'at least 32 printable characters'],
  ])('refuses %s=%s and says what it should be', (name, value, expected) => {
    const problems = problemsOf({ SECRET_KEY: KEY, [name]: value });
    expect(problems).toContain(`${name} must be ${expected}`.slice(0, name.length + 9));
    expect(problems).toContain(expected);
    expect(problems).not.toContain(value);
  });

  it('tells all problems at once', () => {
    const problems = problemsOf({ PORT: 'x', LOG_LEVEL: 'y', OPERATOR_API_KEY: 'hunter2' });
    expect(problems.match(/^ {2}- \w+/gm)).toEqual(['  - OPERATOR_API_KEY', '  - PORT', '  - LOG_LEVEL']);
    expect(problems).not.toContain('hunter2');
  });

  describe('with a database server', () => {
    it.each([
      [['DATABASE_URL'], ['CONTROL_DATABASE_URL', 'MIGRATION_DATABASE_URL']],
      [['CONTROL_DATABASE_URL'], ['DATABASE_URL', 'MIGRATION_DATABASE_URL']],
      [['MIGRATION_DATABASE_URL'], ['DATABASE_URL', 'CONTROL_DATABASE_URL']],
      [['DATABASE_URL', 'MIGRATION_DATABASE_URL'], ['CONTROL_DATABASE_URL']],
    ] as const)('given only %j names what is missing and the command that makes it', (given, missing) => {
      const some = Object.fromEntries(given.map((name) => [name, server[name]]));
      const problems = problemsOf({ SECRET_KEY: KEY, ...some });
      expect(problems).toContain(`missing: ${missing.join(', ')}`);
      expect(problems).toContain('npm run db:setup');
      expect(problems).not.toContain('hunter2');
    });

    it('serves without MIGRATION_DATABASE_URL', () => {
      const variables = { ...server, MIGRATION_DATABASE_URL: undefined };
      expect(loadConfig(variables).database).not.toHaveProperty('migrationUrl');
    });

    it('requires SECRET_KEY', () => {
      expect(problemsOf({ ...server, SECRET_KEY: '' })).toContain('SECRET_KEY is required with DATABASE_URL');
    });

    it.each(['CONTROL_DATABASE_URL', 'MIGRATION_DATABASE_URL'])(
      'refuses the same user in DATABASE_URL and %s',
      (name) => {
        const problems = problemsOf({ ...server, [name]: 'postgres://app_login:other@elsewhere/app' });
        expect(problems).toContain(`${name} logs in as the same user as DATABASE_URL`);
      },
    );
  });

  describe('without SECRET_KEY', () => {
    let DATA_DIR: string;
    beforeEach(() => (DATA_DIR = mkdtempSync(join(tmpdir(), 'config-'))));
    afterEach(() => rmSync(DATA_DIR, { recursive: true, force: true }));

    it('makes one, once, that only this user can read', () => {
      const { secretKey } = loadConfig({ DATA_DIR });
      expect(secretKey.length).toBeGreaterThanOrEqual(32);
      expect(loadConfig({ DATA_DIR }).secretKey).toBe(secretKey);
      expect(statSync(join(DATA_DIR, 'secret-key')).mode & 0o777).toBe(0o600);
    });

    it('touches no file when something else is wrong', () => {
      expect(problemsOf({ DATA_DIR: join(DATA_DIR, 'new'), PORT: 'x' })).toContain('PORT');
      expect(statSync(join(DATA_DIR, 'new'), { throwIfNoEntry: false })).toBeUndefined();
    });
  });
});
