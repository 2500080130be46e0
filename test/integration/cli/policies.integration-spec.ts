import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { A } from '../../support/notes.js';
import { runTenancy, type TenancyRun } from '../../support/run-tenancy.js';

const DATA_SOURCE = join(__dirname, '../../../src/database/schema-data-source.ts');
const DOCUMENT = readFileSync(join(__dirname, '../../../docs/migrations.md'), 'utf8');
const FORCE = 'ALTER TABLE "public"."agents" FORCE ROW LEVEL SECURITY';
const [OLD, NEW] = [randomBytes(48).toString('base64'), randomBytes(48).toString('base64')];

/** The arguments of each `tenancy policies` in a block of the document, up to where the entities are. */
function documented(block: string): string[][] {
  const [, text = ''] = new RegExp(`^\`\`\`sh ${block}\\n([^]+?)\`\`\``, 'm').exec(DOCUMENT) ?? [];
  return [...text.matchAll(/^npx tenancy policies (.+) --data-source /gm)].map(([, argv = '']) =>
    argv.split(' '),
  );
}

const containing = (text: string): string => expect.stringContaining(text) as string;

describe('tenancy policies', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  const policies = (...argv: string[]): Promise<TenancyRun> =>
    runTenancy(['policies', ...argv, '--data-source', DATA_SOURCE], {
      MIGRATION_DATABASE_URL: database.urls.migration,
      TENANT_SCOPE_KEY: OLD,
      NEXT_SCOPE_KEY: NEW,
      SHORT_SCOPE_KEY: 'hunter2',
    });
  const isForced = async (): Promise<boolean> => {
    const [table] = await database.query<{ forced: boolean }>(
      `SELECT relforcerowsecurity AS forced FROM pg_class WHERE oid = 'agents'::regclass`,
    );
    return table!.forced;
  };

  it('finds nothing to do in a migrated database, as documented', async () => {
    const [plan, apply, check] = documented('policies') as [string[], string[], string[]];
    for (const argv of [apply, check])
      expect(await policies(...argv)).toEqual({ code: 0, out: '-- Nothing to do.\n', err: '' });
    const { code, out } = await policies(...plan, '--json');
    expect(JSON.parse(out)).toEqual({ changes: [], problems: [], scope: 'setting' });
    expect(code).toBe(0);
  });

  it('prints a difference, fails a check for it, and mends it when told to', async () => {
    await database.query('ALTER TABLE agents NO FORCE ROW LEVEL SECURITY');
    expect(await policies('plan')).toEqual({ code: 0, out: `${FORCE};\n`, err: '' });
    const checked = await policies('check', '--json');
    expect(checked.code).toBe(3);
    expect(JSON.parse(checked.out)).toEqual({
      changes: [{ table: '"public"."agents"', sql: FORCE }],
      problems: [],
      scope: 'setting',
    });
    expect(await isForced()).toBe(false);
    expect(await policies('apply')).toEqual({ code: 0, out: `${FORCE};\n`, err: '' });
    expect(await isForced()).toBe(true);
    expect(await policies('apply')).toMatchObject({ code: 0, out: '-- Nothing to do.\n' });
  });

  it('drops a policy that somebody wrote only when told to', async () => {
    await database.query('CREATE POLICY mine ON agents USING (true)');
    const named = '-- "public"."agents": policy mine is not a generated one\n';
    expect(await policies('check')).toMatchObject({ code: 3, out: named });
    expect(await policies('apply')).toMatchObject({ code: 3, out: named });
    const dropped = await policies('apply', '--drop-foreign');
    expect(dropped).toMatchObject({ code: 0, out: 'DROP POLICY "mine" ON "public"."agents";\n' });
    expect((await policies('check')).code).toBe(0);
  });

  it('fails a check for a table that tenants reach and no entity declares', async () => {
    await database.query('CREATE TABLE stray (tenant_id uuid)');
    const stray = '-- "public"."stray": it has a column tenant_id, and no entity declares it\n';
    try {
      expect(await policies('check')).toMatchObject({ code: 0, out: stray });
      await database.query(`GRANT SELECT ON stray TO ${database.roles.tenantApp}`);
      expect(await policies('check')).toMatchObject({ code: 3, out: stray });
    } finally {
      await database.query('DROP TABLE stray');
    }
  });

  it('gives up on a table in use, in the time it is given, and changes nothing', async () => {
    await database.query('ALTER TABLE agents NO FORCE ROW LEVEL SECURITY');
    const client = new pg.Client({ connectionString: database.urls.admin });
    await client.connect();
    try {
      await client.query('BEGIN; LOCK TABLE agents IN ACCESS SHARE MODE');
      const error = 'QueryFailedError: canceling statement due to lock timeout';
      const gaveUp = await policies('apply', '--lock-timeout', '50');
      expect(gaveUp).toEqual({ code: 1, out: '', err: `${error}\n` });
      const { code, out } = await policies('apply', '--lock-timeout', '50', '--json');
      expect({ code, json: JSON.parse(out) as unknown }).toEqual({ code: 1, json: { error } });
    } finally {
      await client.end();
    }
    expect(await isForced()).toBe(false);
    expect((await policies('apply')).code).toBe(0);
  });

  it('turns a signed scope on, rotates its keys, and turns it off, as documented', async () => {
    const [[sign, apply], [addKey, dropKey], [unsign]] = ['on', 'rotate', 'off'].map(documented) as [
      [string[], string[]],
      [string[], string[]],
      [string[]],
    ];
    const read = async (key?: string): Promise<string> => {
      const client = new pg.Client({ connectionString: database.urls.tenant });
      await client.connect();
      const mac = key && createHmac('sha256', key).update(`parallax:scope:v1:${A}:4000000000`).digest('hex');
      try {
        await client.query(
          `BEGIN; SET LOCAL ROLE ${database.roles.tenantApp}; SET LOCAL app.tenant_id = '${A}'`,
        );
        if (mac) await client.query(`SET LOCAL app.tenant_proof = '4000000000.${mac}'`);
        await client.query('SELECT FROM agents');
        return 'read';
      } catch (error) {
        return (error as pg.DatabaseError).code!;
      } finally {
        await client.end();
      }
    };

    const signed = await policies(...sign);
    expect(signed).toMatchObject({ code: 0, out: containing('Keys set: TENANT_SCOPE_KEY.\n'), err: '' });
    expect(await read()).toBe('read');
    expect((await policies('check')).code).toBe(3);
    expect((await policies(...apply)).code).toBe(0);
    expect(await Promise.all([read(OLD), read(NEW), read()])).toEqual(['read', '28000', '28000']);

    const both = await policies(...addKey, '--json');
    expect(JSON.parse(both.out)).toEqual({ keys: ['NEXT_SCOPE_KEY', 'TENANT_SCOPE_KEY'] });
    expect(await Promise.all([read(OLD), read(NEW)])).toEqual(['read', 'read']);
    expect((await policies(...dropKey)).code).toBe(0);
    expect(await Promise.all([read(OLD), read(NEW)])).toEqual(['28000', 'read']);

    const client = new pg.Client({ connectionString: database.urls.admin });
    await client.connect();
    try {
      await client.query('BEGIN; LOCK TABLE agents IN ACCESS SHARE MODE');
      expect((await policies('unsign', '--lock-timeout', '50')).code).toBe(1);
      expect(await read()).toBe('28000');
    } finally {
      await client.end();
    }
    expect((await policies(...unsign)).code).toBe(0);
    expect(await read()).toBe('read');
    expect((await policies('unsign')).code).toBe(0);
    expect((await policies('check')).code).toBe(0);
  });

  it.each([
    [['sign'], 2, '--key-env TENANT_SCOPE_KEY'],
    [['sign', '--key-env', 'NO_SUCH_KEY'], 2, 'NO_SUCH_KEY is not set'],
    [['sign', '--key-env', 'SHORT_SCOPE_KEY'], 1, 'at least 32 bytes, not 7'],
    [['apply', '--lock-timeout', '0'], 2, 'milliseconds'],
    [[], 2, 'one of plan, apply, check, sign, unsign'],
    [['plan', 'apply'], 2, 'one of plan, apply, check, sign, unsign'],
  ])('refuses %j, and shows no key', async (argv, code, message) => {
    const refused = await policies(...argv);
    expect(refused).toMatchObject({ code, out: '', err: containing(message) });
    expect(refused.err).not.toContain('hunter2');
    const [state] = await database.query(`SELECT to_regprocedure('tenant_scope()') IS NULL AS unsigned`);
    expect(state).toEqual({ unsigned: true });
  });

  it('says what it does, and that it needs entities', async () => {
    const help = await runTenancy(['policies', '--help']);
    expect(help).toMatchObject({ code: 0, out: containing('plan|apply|check|sign|unsign'), err: '' });
    const without = await runTenancy(['policies', 'check']);
    expect(without).toMatchObject({ code: 2, err: containing('--data-source') });
  });
});
