import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  createSignedScope,
  disableRowLevelSecurity,
  dropSignedScope,
  enableRowLevelSecurity,
  setScopeKeys,
} from '@parallax/tenant';
import { DataSource, type QueryRunner } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { runTenancy } from '../../support/run-tenancy.js';

function psqlIsInstalled(): boolean {
  try {
    execFileSync('psql', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    if (process.env.CI) throw new Error('psql is not installed, and CI is set.');
    process.stderr.write('psql is not installed: the suite of `tenancy shell` is skipped.\n');
    return false;
  }
}

(psqlIsInstalled() ? describe : describe.skip)('tenancy shell', () => {
  let database: TestDatabase;
  let env: NodeJS.ProcessEnv;
  const [A, B] = [randomUUID(), randomUUID()];

  beforeAll(async () => {
    database = await createTestDatabase();
    env = {
      DATABASE_URL: database.urls.tenant,
      CONTROL_DATABASE_URL: database.urls.control,
      PSQLRC: '/dev/null',
    };
    await database.query(
      `INSERT INTO plans (name, version, limits, features) VALUES ('any', 1, '{"maxAgents": 5}', '{}')`,
    );
    for (const [id, slug] of Object.entries({ [A]: 'acme', [B]: 'bolt' })) {
      await database.query(
        `INSERT INTO tenants (id, name, slug, status, plan, plan_version, period_anchor)
         VALUES ($1, 'A tenant', $2, 'active', 'any', 1, now())`,
        [id, slug],
      );
      await database.query('INSERT INTO agents (tenant_id, name) VALUES ($1, $2)', [id, `agent of ${slug}`]);
    }
  });
  afterAll(() => database.drop());

  async function asOwner(migrate: (queryRunner: QueryRunner) => Promise<void>): Promise<void> {
    const owner = await new DataSource({ type: 'postgres', url: database.urls.migration }).initialize();
    const queryRunner = owner.createQueryRunner();
    await migrate(queryRunner).finally(() => queryRunner.release());
    await owner.destroy();
  }

  const sql = (text: string): string[] => ['--', '-X', '-At', '-v', 'ON_ERROR_STOP=1', '-c', text];
  const shell = (tenant: string, ...more: string[]) =>
    runTenancy(['shell', '--tenant', tenant, '--reason', 'ticket 4711', ...more], env);
  const logged = () =>
    database.query(
      'SELECT actor, permission, reason, tenant_ids, write FROM platform_access_log ORDER BY at DESC',
    );

  it('sees the rows of one tenant, named by slug or id', async () => {
    const bySlug = await shell('acme', ...sql('SELECT name FROM agents'));
    expect(bySlug).toMatchObject({ code: 0, out: 'agent of acme\n', err: '' });
    const byId = await shell(B, ...sql('SELECT name FROM agents'));
    expect(byId).toMatchObject({ code: 0, out: 'agent of bolt\n' });
  });

  it('comes back to the tenant when its settings are reset', async () => {
    const { out } = await shell('acme', ...sql('RESET ROLE; RESET ALL; SELECT name FROM agents'));
    expect(out).toContain('agent of acme\n');
    expect(out).not.toContain('bolt');
  });

  it('reads only, and writes the tenant’s rows with --write', async () => {
    const update = sql(`UPDATE agents SET endpoint = 'https://x.example'`);
    expect(await shell('acme', ...update)).toMatchObject({
      code: 1,
      err: expect.stringContaining('read-only transaction') as string,
    });
    expect(await shell('acme', '--write', ...update)).toMatchObject({ code: 0, out: 'UPDATE 1\n' });
    const rows = await database.query('SELECT tenant_id FROM agents WHERE endpoint IS NOT NULL');
    expect(rows).toEqual([{ tenant_id: A }]);
  });

  it('logs who goes in and why, before', async () => {
    await shell('bolt', '--write', ...sql('SELECT 1/0'));
    expect((await logged())[0]).toEqual({
      actor: 'process',
      permission: 'tenants:shell',
      reason: expect.stringMatching(/^ticket 4711 \(tenancy shell, .+\)$/) as string,
      tenant_ids: [B],
      write: true,
    });
  });

  it('does not start for a tenant there is not, and needs a tenant and a reason', async () => {
    const before = await logged();
    expect(await shell('nobody')).toMatchObject({
      code: 2,
      err: 'There is no tenant nobody.\nSee --help.\n',
    });
    expect(await shell('No Slug!')).toMatchObject({ code: 2 });
    expect(await runTenancy(['shell', '--tenant', 'acme'], env)).toMatchObject({
      code: 2,
      err: expect.stringContaining('--reason') as string,
    });
    expect(await runTenancy(['shell', '--reason', 'x'], env)).toMatchObject({
      code: 2,
      err: expect.stringContaining('--tenant') as string,
    });
    expect(await logged()).toEqual(before);
  });

  it('brings a proof where the scope is signed, and the key to make it with', async () => {
    const SCOPE_KEY = 'a key that is as long as it has to be';
    await asOwner(async (queryRunner) => {
      await createSignedScope(queryRunner);
      await setScopeKeys(queryRunner, [SCOPE_KEY]);
      await disableRowLevelSecurity(queryRunner, 'agents');
      await enableRowLevelSecurity(queryRunner, 'agents');
    });
    const read = sql('SELECT name FROM agents');
    const without = await shell('acme', ...read);
    expect(without).toMatchObject({ code: 2, err: expect.stringContaining('set SCOPE_KEY') as string });
    env.SCOPE_KEY = SCOPE_KEY;
    expect(await shell('acme', ...read)).toMatchObject({ code: 0, out: 'agent of acme\n' });
    await asOwner(dropSignedScope);
    expect(await shell('acme', ...read)).toMatchObject({ code: 0, out: 'agent of acme\n' });
  });

  it('says what is missing where psql is not', async () => {
    const found = await runTenancy(['shell', '-t', 'acme', '--reason', 'x'], { ...env, PATH: '/nowhere' });
    expect(found).toMatchObject({
      code: 1,
      err: expect.stringContaining('psql is not installed') as string,
    });
  });
});
