import { randomUUID } from 'node:crypto';
import type { CommandIo } from '../../../src/tenant/cli/command.js';
import { runProgram } from '../../../src/tenant/cli/program.js';
import { TENANCY } from '../../../src/tenant/cli/tenancy.program.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { runTenancy, type TenancyRun } from '../../support/run-tenancy.js';

describe('tenancy reconcile', () => {
  let database: TestDatabase;
  const [A, B, GONE] = [randomUUID(), randomUUID(), randomUUID()];

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.query(
      `INSERT INTO plans (name, version, limits, features) VALUES ('any', 1, '{"maxAgents": 5, "maxRuns": 100, "maxAtOnce": 3}', '[]')`,
    );
    for (const [id, slug, status] of [
      [A, 'acme', 'active'],
      [B, 'bolt', 'suspended'],
      [GONE, 'gone', 'deleted'],
    ]) {
      await database.query(
        `INSERT INTO tenants (id, name, slug, status, plan, plan_version, period_anchor)
         VALUES ($1, 'A tenant', $2, $3, 'any', 1, now())`,
        [id, slug, status],
      );
      await database.query('INSERT INTO agents (tenant_id, name) VALUES ($1, $2)', [id, `agent of ${slug}`]);
    }
    await database.query(`SELECT tenant_quota_apply($1, 'maxRuns', 'consumption', '[7]')`, [A]);
    const slot = JSON.stringify([{ op: 'reserve', id: randomUUID(), amount: 1, ttl: 3600 }]);
    await database.query(`SELECT tenant_quota_apply($1, 'maxAtOnce', 'concurrency', $2)`, [A, slot]);
  });
  afterAll(() => database.drop());

  const run = async (argv: string[], env: NodeJS.ProcessEnv = {}): Promise<TenancyRun> => {
    const printed = { out: '', err: '' };
    const io: CommandIo = {
      env,
      out: (line) => (printed.out += `${line}\n`),
      err: (line) => (printed.err += `${line}\n`),
    };
    return { code: await runProgram(TENANCY, argv, io), ...printed };
  };
  const reconcile = (...argv: string[]): Promise<TenancyRun> =>
    run(['reconcile', ...argv], { CONTROL_DATABASE_URL: database.urls.control });
  const breakCounters = async (): Promise<void> => {
    await database.query('UPDATE tenant_allocations SET used = 4');
    await database.query('UPDATE tenant_usage SET used = used + 2, reserved = reserved + 1');
  };
  const counters = (): Promise<object[]> =>
    database.query(`
      SELECT resource, used::int, 0 AS reserved FROM tenant_allocations WHERE tenant_id = '${A}'
      UNION ALL SELECT resource, used::int, reserved::int FROM tenant_usage ORDER BY 1`);
  const RIGHT = [
    { resource: 'maxAgents', used: 1, reserved: 0 },
    { resource: 'maxAtOnce', used: 0, reserved: 1 },
    { resource: 'maxRuns', used: 7, reserved: 0 },
  ];

  it('finds nothing wrong where nothing is, as a command', async () => {
    const env = { CONTROL_DATABASE_URL: database.urls.control };
    expect(await runTenancy(['reconcile', '--all', '--dry-run'], env)).toEqual({
      code: 0,
      out: '4 counters looked at, 0 wrong.\n',
      err: '2 tenants looked at.\n',
    });
  });

  it('with --dry-run it says what is wrong, with exit code 3, and changes nothing', async () => {
    await breakCounters();
    const { code, out } = await reconcile('--tenant', 'acme', '--dry-run');
    expect(code).toBe(3);
    expect(out.split('\n')).toEqual([
      'acme maxAgents: used 4 -> 1',
      'acme maxAtOnce: used 2 -> 0, reserved 2 -> 1',
      'acme maxRuns: used 9 -> 7, reserved 1 -> 0',
      '3 counters looked at, 3 wrong.',
      '',
    ]);
    expect(await counters()).not.toEqual(RIGHT);
  });

  it('sets right what it is told to: one limit, one tenant, and then all', async () => {
    await breakCounters();
    expect(await reconcile('-t', A, '--resource', 'maxRuns')).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        /^acme maxRuns: used \d+ -> 7.*\n1 counters looked at, 1 set right\.\n$/,
      ) as string,
    });
    expect(await reconcile('--tenant', 'acme')).toMatchObject({ code: 0 });
    expect(await counters()).toEqual(RIGHT);
    const { code, out } = await reconcile('--all', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      tenants: 2,
      counters: 4,
      dryRun: false,
      drifted: [
        {
          tenantId: B,
          slug: 'bolt',
          resource: 'maxAgents',
          periodStart: null,
          before: { used: 4, reserved: 0 },
          after: { used: 1, reserved: 0 },
        },
      ],
    });
    expect(await reconcile('--all', '--dry-run')).toMatchObject({ code: 0 });
    const [gone] = await database.query('SELECT used::int FROM tenant_allocations WHERE tenant_id = $1', [
      GONE,
    ]);
    expect(gone).toEqual({ used: 4 });
  });

  it('goes on from page to page', async () => {
    await database.query(
      `INSERT INTO tenants (id, name, slug, status, plan, plan_version, period_anchor, created_at)
       SELECT gen_random_uuid(), 'One of many', 'many-' || n, 'active', 'any', 1, now(), now() - make_interval(secs => n / 10)
       FROM generate_series(1, 150) n`,
    );
    const { code, out, err } = await reconcile('--all', '--resource', 'maxAgents');
    expect({ code, out, err }).toEqual({
      code: 0,
      out: '152 counters looked at, 0 set right.\n',
      err: '100 tenants looked at.\n152 tenants looked at.\n',
    });
  });

  it.each([
    [[], /Say which/],
    [['--all', '--tenant', 'acme'], /Say which/],
    [['acme'], /Say which/],
    [['--tenant', 'nobody'], /There is no tenant nobody/],
    [['--tenant', 'acme', '--resource', 'maxAgent'], /Nothing counts maxAgent\./],
  ])('called wrongly: %j', async (argv, message) => {
    const { code, err } = await reconcile(...argv);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });

  it('needs the URL of the control plane, and fails with one line where that is away', async () => {
    expect(await run(['reconcile', '--all'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('CONTROL_DATABASE_URL is not set') as string,
    });
    const away = { CONTROL_DATABASE_URL: 'postgres://test_control:x@127.0.0.1:1/none' };
    const { code, out, err } = await run(['reconcile', '--all'], away);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^CONTROL_DATABASE_URL: .+\n$/);
  });

  it('explains itself, and is listed', async () => {
    expect((await reconcile('--help')).out).toMatch(/Usage: tenancy reconcile .*Exit codes/s);
    expect((await run(['--help'])).out).toMatch(/^ {2}reconcile +compares counters/m);
  });
});
