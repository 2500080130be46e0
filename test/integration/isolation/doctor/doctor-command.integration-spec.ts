import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { disableRowLevelSecurity, enableRowLevelSecurity, type IsolationReport } from '@parallax/tenant';
import { createSignedScope } from '../../../../src/tenant/isolation/migrations/signed-scope.js';
import { type CommandIo, ExitCode, runCommand } from '../../../../src/tenant/cli/command.js';
import { doctorCommand } from '../../../../src/tenant/cli/doctor.command.js';
import { DoctorDatabase } from './doctor-database.js';

type Report = IsolationReport & { readonly fixed: readonly string[] };

describe('tenancy doctor', () => {
  let database: DoctorDatabase;

  beforeAll(async () => {
    database = await DoctorDatabase.create();
  });
  afterAll(() => database.drop());

  const run = async (
    argv: readonly string[],
    env: NodeJS.ProcessEnv = {
      DATABASE_URL: database.urls.tenant,
      MIGRATION_DATABASE_URL: database.urls.migration,
    },
  ): Promise<{ code: ExitCode; text: string }> => {
    const lines: string[] = [];
    const io: CommandIo = { env, out: (line) => void lines.push(line), err: (line) => void lines.push(line) };
    return { code: await runCommand(doctorCommand, argv, io), text: lines.join('\n') };
  };

  const json = async (...argv: string[]): Promise<{ code: ExitCode; report: Report }> => {
    const { code, text } = await run([...argv, '--json']);
    return { code, report: JSON.parse(text) as Report };
  };

  it('says that a clean database is clean, and what holds each table', async () => {
    const { code, text } = await run([]);
    expect(text).toMatch(/^table +rows +TypeORM +row-level security\nagents +scoped +\(not asked\) +held\n/m);
    expect(text).toMatch(/^Injected SQL cannot pick another tenant: set_config is revoked\.$/m);
    expect(text).toMatch(/^Reading without a tenant was tried on every table\.$/m);
    expect(text).toMatch(/: 0 errors, \d warnings?, 0 hints\.$/);
    expect(code).toBe(ExitCode.Done);
  });

  it.each([
    ['GRANT SELECT ON agents TO PUBLIC', 'REVOKE SELECT ON agents FROM PUBLIC', 'error', ExitCode.Attention],
    ['CREATE INDEX tmp ON agents (name)', 'DROP INDEX tmp', 'hint', ExitCode.Done],
  ])('tells severities apart by exit code: %s', async (seed, undo, severity, expected) => {
    await database.admin.query(seed);
    try {
      const { code, report } = await json();
      expect(report.findings).toContainEqual(expect.objectContaining({ severity, object: 'agents' }));
      expect(code).toBe(expected);
    } finally {
      await database.admin.query(undo);
    }
  });

  it('fails on warnings when strict, and only then', async () => {
    await database.admin.query(database.named('GRANT EXECUTE ON FUNCTION lo_create(oid) TO $tenantApp'));
    try {
      const strict = await run(['--strict']);
      expect(strict.text).toMatch(/^WARNING large-objects: .*_tenant_app makes large objects: lo_create/m);
      expect(strict.code).toBe(ExitCode.Attention);
      expect((await run([])).code).toBe(ExitCode.Done);
    } finally {
      await database.admin.query(database.named('REVOKE EXECUTE ON FUNCTION lo_create(oid) FROM $tenantApp'));
    }
  });

  it('mends what is safe as the owner, prints it, and looks again', async () => {
    await database.admin.query('ALTER TABLE agents NO FORCE ROW LEVEL SECURITY');
    await database.admin.query(database.named('GRANT TRUNCATE ON agents TO $tenantApp'));
    const { code, report } = await json('--fix');
    expect(report.fixed).toEqual([
      database.named('REVOKE TRUNCATE ON agents FROM $tenantApp'),
      'ALTER TABLE agents FORCE ROW LEVEL SECURITY',
    ]);
    expect(report.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(code).toBe(ExitCode.Done);
    expect((await json('--fix')).report.fixed).toEqual([]);
  });

  it('changes nothing when one remedy cannot run', async () => {
    const holder = new pg.Client({ connectionString: database.urls.admin });
    await holder.connect();
    await database.admin.query(
      `CREATE TABLE other (tenant_id uuid NOT NULL DEFAULT current_setting('app.tenant_id')::uuid)`,
    );
    await database.admin.query('ALTER TABLE other ENABLE ROW LEVEL SECURITY');
    await database.admin.query('ALTER TABLE agents NO FORCE ROW LEVEL SECURITY');
    try {
      const { code, text } = await run(['--fix']);
      expect(text).toMatch(/Nothing was changed: ALTER TABLE other FORCE .* failed \(must be owner/);
      expect(code).toBe(ExitCode.Failed);
      expect((await json()).report.findings).toContainEqual(
        expect.objectContaining({ rule: 'rls-not-forced', object: 'agents' }),
      );
    } finally {
      await database.admin.query('DROP TABLE other');
      await database.admin.query('ALTER TABLE agents FORCE ROW LEVEL SECURITY');
      await holder.end();
    }
  });

  it('looks as who can tell the roles: by the name of the user, or --prefix', async () => {
    const withPrefix = await run([
      database.urls.admin,
      '--prefix',
      database.roles.owner.replace('_owner', ''),
    ]);
    expect(withPrefix).toMatchObject({
      code: ExitCode.Done,
      text: expect.stringContaining('was tried on every table'),
    });
    const control = await run([database.urls.control]);
    expect(control).toMatchObject({ code: ExitCode.Done, text: expect.stringContaining('was not tried') });
    await expect(run([database.urls.admin])).resolves.toMatchObject({
      code: ExitCode.Usage,
      text: expect.stringContaining('give --prefix'),
    });
  });

  it.each([
    [[], {}, /Give a URL: DATABASE_URL=/],
    [['postgres://a', 'postgres://b'], {}, /more than one argument/],
    [
      ['--fix'],
      { DATABASE_URL: 'postgres://x_login@localhost/x' },
      /--fix needs the owner's MIGRATION_DATABASE_URL/,
    ],
    [['--engine', 'mysql'], { DATABASE_URL: 'postgres://x_login@localhost/x' }, /--engine can only be citus/],
  ])('refuses %j', async (argv, env, message) => {
    await expect(run(argv, env)).resolves.toMatchObject({
      code: ExitCode.Usage,
      text: expect.stringMatching(message),
    });
  });

  it('fails without the URL in the message when the database is away', async () => {
    const { code, text } = await run([], { DATABASE_URL: 'postgres://x_login:hunter2@127.0.0.1:1/x' });
    expect(code).toBe(ExitCode.Failed);
    expect(text).toMatch(/cannot be reached/);
    expect(text).not.toMatch(/hunter2/);
  });

  it('takes entities from a compiled module', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'doctor-'));
    const file = join(folder, 'nothing.mjs');
    writeFileSync(file, 'export const nothing = 1;\n');
    try {
      const { code, text } = await run(['--data-source', file]);
      expect(text).toMatch(/must export one TenantSchemaDataSource|could not be loaded/);
      expect(code).toBe(ExitCode.Usage);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('knows the policies and the function of a signed scope', async () => {
    const owner = await new DataSource({ type: 'postgres', url: database.urls.migration }).initialize();
    const queryRunner = owner.createQueryRunner();
    try {
      await disableRowLevelSecurity(queryRunner, 'agents');
      await createSignedScope(queryRunner);
      await enableRowLevelSecurity(queryRunner, 'agents');
      const { code, report } = await json();
      expect(report.findings.filter(({ severity }) => severity !== 'warning')).toEqual([]);
      expect(report.forgery).toBe('revoked and signed');
      expect(code).toBe(ExitCode.Done);
    } finally {
      await queryRunner.release();
      await owner.destroy();
    }
  });
});
