import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { ExitCode, runCommand, type Command } from '@parallax/tenant/cli';
import { migrationCommand } from '../../../src/database/cli/migration.command.js';
import { setupCommand } from '../../../src/tenant/cli/setup.command.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

async function run(command: Command, argv: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runCommand(command, argv, {
    env,
    out: (line) => out.push(line),
    err: (line) => err.push(line),
  });
  return { code, out, err };
}

describe('commands', () => {
  let database: TestDatabase;
  const created = `test_setup_${process.pid}`;

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false });
  });
  afterAll(async () => {
    await database.query(`DROP DATABASE IF EXISTS ${created} WITH (FORCE)`);
    for (const suffix of ['owner', 'login', 'tenant_app', 'control', 'platform_reader', 'platform_writer']) {
      await database.query(`DROP ROLE IF EXISTS test_setup_${suffix}`);
    }
    await database.drop();
  });

  describe('setup', () => {
    const argv = ['--database', created, '--prefix', 'test_setup'];

    it('prepares a new database and prints URLs that work, as lines for .env', async () => {
      const { code, out, err } = await run(setupCommand, argv, { ADMIN_DATABASE_URL: database.urls.admin });
      expect(code).toBe(ExitCode.Done);
      expect(err).toEqual([`Created database ${created}.`]);
      expect(out.map((line) => line.split('=', 1)[0])).toEqual([
        'DATABASE_URL',
        'CONTROL_DATABASE_URL',
        'MIGRATION_DATABASE_URL',
      ]);
      const users = await Promise.all(out.map((line) => userOf(line.slice(line.indexOf('=') + 1))));
      expect(users).toEqual(['test_setup_login', 'test_setup_control', 'test_setup_owner']);

      const again = await run(setupCommand, [database.urls.admin, ...argv, '--json']);
      expect(again.code).toBe(ExitCode.Done);
      expect(JSON.parse(again.out.join())).toMatchObject({
        database: created,
        warnings: [],
        roles: { login: 'test_setup_login' },
        urls: { DATABASE_URL: expect.stringContaining('test_setup_login') as string },
      });
      expect(JSON.stringify(again)).not.toContain(database.urls.admin);
    });

    describe('--write', () => {
      const written = ['DATABASE_URL', 'CONTROL_DATABASE_URL', 'MIGRATION_DATABASE_URL'];
      let directory: string;
      let path: string;
      beforeEach(() => {
        directory = mkdtempSync(join(tmpdir(), 'setup-'));
        path = join(directory, '.env');
      });
      afterEach(() => rmSync(directory, { recursive: true, force: true }));

      const setup = (...more: string[]) => run(setupCommand, [database.urls.admin, ...argv, ...more]);
      const urlIn = (text: string) => /^CONTROL_DATABASE_URL=(.+)$/m.exec(text)![1]!;

      it('writes the lines to a file instead, and prints no password', async () => {
        const { code, out } = await setup('--write', path);
        expect({ code, out }).toEqual({
          code: ExitCode.Done,
          out: [`Wrote ${written.join(', ')} to ${path}.`],
        });
        expect(await userOf(urlIn(readFileSync(path, 'utf8')))).toBe('test_setup_control');
        expect(readdirSync(directory)).toEqual(['.env']);
      });

      it('prints no password as JSON either', async () => {
        const { code, out, err } = await setup('--write', path, '--json');
        expect(code).toBe(ExitCode.Done);
        expect(JSON.parse(out.join())).toEqual({
          database: created,
          roles: expect.objectContaining({ login: 'test_setup_login' }) as object,
          written: path,
          warnings: [],
        });
        expect([...out, ...err].join()).not.toContain('://');
        expect(await userOf(urlIn(readFileSync(path, 'utf8')))).toBe('test_setup_control');
      });

      it('changes no password when the file cannot be written', async () => {
        const url = urlIn((await setup()).out.join('\n'));
        const { code, out, err } = await setup('--write', '/no/such/.env');
        expect({ code, out }).toEqual({ code: ExitCode.Usage, out: [] });
        expect(err[0]).toMatch(/^\/no\/such\/\.env cannot be written: ENOENT/);
        expect(await userOf(url)).toBe('test_setup_control');
      });

      it('says what happened when the write fails after all', async () => {
        const [out, err]: [string[], string[]] = [[], []];
        const code = await runCommand(setupCommand, [database.urls.admin, ...argv, '--write', path], {
          env: {},
          out: (line) => out.push(line),
          err: (line) => {
            if (err.push(line) === 1) rmSync(directory, { recursive: true }); // the server is done by now
          },
        });
        expect({ code, out }).toEqual({ code: ExitCode.Failed, out: [] });
        expect(err[0]).toBe(`Using database ${created}.`);
        expect(err[1]).toMatch(/new passwords, but .*\.env could not be written: ENOENT.* Run setup again, /);
        expect(err.join()).not.toContain('://');
      });

      it('leaves nothing behind when the server fails', async () => {
        const args = ['postgres://a:hunter2@127.0.0.1:1/b', '--write', path];
        expect(await run(setupCommand, args)).toMatchObject({ code: ExitCode.Failed });
        expect(readdirSync(directory)).toEqual([]);
      });
    });

    it.each([
      ['no URL', [], {}, ExitCode.Usage, /ADMIN_DATABASE_URL/],
      ['something that is no URL', ['hunter2@'], {}, ExitCode.Usage, /postgres:\/\/user:password@host/],
      ['an unknown option', ['--nope'], {}, ExitCode.Usage, /--nope/],
      [
        'a server that is not there',
        ['postgres://a:hunter2@127.0.0.1:1/b'],
        {},
        ExitCode.Failed,
        /ECONNREFUSED/,
      ],
      [
        'a prefix that cannot be one',
        ['--prefix', 'No-Such'],
        { admin: true },
        ExitCode.Failed,
        /cannot be a role prefix/,
      ],
    ] as const)('explains %s', async (_, args, { admin }: { admin?: boolean }, expected, message) => {
      const env = admin ? { ADMIN_DATABASE_URL: database.urls.admin } : {};
      const { code, out, err } = await run(setupCommand, args, env);
      expect(code).toBe(expected);
      expect(out).toEqual([]);
      expect(err.join('\n')).toMatch(message);
      expect(err.join('\n')).not.toContain('hunter2');
    });
  });

  describe('migration', () => {
    it('runs, lists and reverts, each with an exit code that tells', async () => {
      const env = { MIGRATION_DATABASE_URL: database.urls.migration };
      expect((await run(migrationCommand, ['pending'], env)).code).toBe(ExitCode.Attention);
      const applied = await run(migrationCommand, ['run', '--json'], env);
      expect(applied.code).toBe(ExitCode.Done);
      expect(JSON.parse(applied.out.join())).toMatchObject({
        applied: [
          'Foundation1764000000000',
          'Quotas1764500000000',
          'RateLimits1765000000000',
          'ActivityAlerts1765000000001',
        ],
      });
      expect(await run(migrationCommand, ['pending'], env)).toMatchObject({
        code: 0,
        out: ['Nothing is pending.'],
      });
      expect((await run(migrationCommand, ['revert'], env)).code).toBe(ExitCode.Done);
      expect((await run(migrationCommand, ['pending'], env)).code).toBe(ExitCode.Attention);
    });

    it('explains a wrong call', async () => {
      expect(await run(migrationCommand, ['run'])).toMatchObject({ code: ExitCode.Usage });
      expect((await run(migrationCommand, ['toString', '--json'])).out).toEqual([
        JSON.stringify({ error: 'One action is expected, of: run, revert, pending.' }),
      ]);
    });
  });

  it.each([setupCommand, migrationCommand])('helps', async (command) => {
    expect(await run(command, ['--help'])).toEqual({
      code: ExitCode.Done,
      out: [command.help.trim()],
      err: [],
    });
  });
});

async function userOf(connectionString: string): Promise<unknown> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<{ user: string }>('SELECT current_user AS user')).rows[0]?.user;
  } finally {
    await client.end();
  }
}
