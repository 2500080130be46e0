import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { setupDatabase, type SetupDatabaseResult, TenantPool } from '@parallax/tenant';
import pg from 'pg';
import { runMigrations } from '../../../src/database/migrator.js';
import { A, B, inScopeOf } from '../../support/notes.js';
import { OwnPostgres } from '../../support/own-postgres.js';
import { systemPostgres } from '../../support/system-postgres.js';

/** The embedded server has no pg_dump, and one of another version refuses to dump it. */
const system = systemPostgres();

(system ? describe : describe.skip)(
  'Backup and restore by pg_dump, as docs/deployment/backup.md says',
  () => {
    let old: OwnPostgres;
    let fresh: OwnPostgres;
    let before: SetupDatabaseResult;
    let after: SetupDatabaseResult;
    let directory: string;

    beforeAll(async () => {
      [old, fresh] = await Promise.all([
        OwnPostgres.start({}, system!.programs),
        OwnPostgres.start({}, system!.programs),
      ]);
      directory = mkdtempSync(join(tmpdir(), 'test-backup-'));
      before = await setupDatabase({
        adminUrl: old.adminUrl(),
        database: 'app',
        prefix: 'app',
        backup: true,
      });
      await runMigrations({ url: before.migrationUrl });
      await fill(old.adminUrl('app'));
      after = await setupDatabase({
        adminUrl: fresh.adminUrl(),
        database: 'app',
        prefix: 'app',
        backup: true,
      });
    });
    afterAll(async () => {
      await Promise.all([old.remove(), fresh.remove()]);
      rmSync(directory, { recursive: true, force: true });
    });

    const dumpFile = (): string => join(directory, 'app.dump');
    const program = (name: string, args: readonly string[]) =>
      promisify(execFile)(join(dirname(system!.programs.initdb), name), [...args]);
    const dump = (url: string) => program('pg_dump', ['--format=custom', `--file=${dumpFile()}`, url]);

    it('fails as the owner, whom row-level security binds, rather than leave rows out', async () => {
      await expect(dump(before.migrationUrl)).rejects.toThrow(
        'query would be affected by row-level security',
      );
    });

    it('brings back rows, owners, grants, policies and counters', async () => {
      await dump(before.backupUrl!);
      await program('pg_restore', [
        ...['--exit-on-error', '--single-transaction', `--dbname=${fresh.adminUrl('app')}`, dumpFile()],
      ]);
      const restored = await pictureOf(fresh.adminUrl('app'));
      expect(restored).toEqual(await pictureOf(old.adminUrl('app')));
      expect(restored).toMatchObject({
        agents: [{ name: 'of A' }, { name: 'of B' }],
        counters: [{ used: '1' }, { used: '1' }],
        tables: expect.arrayContaining([
          expect.objectContaining({ name: 'agents', secured: true, forced: true, owner: 'app_owner' }),
        ]) as unknown,
      });
    });

    it('serves: each tenant sees its own, and its limit goes on from where it was', async () => {
      const pool = new TenantPool({ connectionString: after.tenantUrl });
      try {
        const { rows } = await inScopeOf(A, () => pool.query<{ name: string }>('SELECT name FROM agents'));
        expect(rows).toEqual([{ name: 'of A' }]);
        const add = (): Promise<unknown> =>
          inScopeOf(A, () => pool.query(`INSERT INTO agents (name) VALUES ('another')`));
        await add();
        await expect(add()).rejects.toThrow('allocation limit reached');
      } finally {
        await pool.end();
      }
    });
  },
);

async function fill(adminUrl: string): Promise<void> {
  const statements = [
    `INSERT INTO plans (name, version, limits, features) VALUES ('any', 1, '{"maxAgents": 2}', '{}')`,
    ...Object.entries({ A, B }).flatMap(([name, id]) => [
      `INSERT INTO tenants (id, name, slug, status, plan, plan_version, period_anchor)
       VALUES ('${id}', '${name}', 'tenant-${name.toLowerCase()}', 'active', 'any', 1, now())`,
      `INSERT INTO agents (tenant_id, name) VALUES ('${id}', 'of ${name}')`,
    ]),
  ];
  await ask(adminUrl, statements.join(';'));
}

const PICTURE = {
  agents: 'SELECT * FROM agents ORDER BY name',
  counters: 'SELECT * FROM tenant_allocations ORDER BY tenant_id',
  tables: `SELECT relname::text AS name, relrowsecurity AS secured, relforcerowsecurity AS forced,
             relowner::regrole::text AS owner, ARRAY(SELECT unnest(relacl)::text ORDER BY 1) AS grants
           FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S') ORDER BY 1`,
  policies: 'SELECT * FROM pg_policies ORDER BY tablename, policyname',
  functions: `SELECT oid::regprocedure::text AS name, prosecdef AS definer, proconfig AS settings,
                ARRAY(SELECT unnest(proacl)::text ORDER BY 1) AS grants
              FROM pg_proc WHERE pronamespace = 'public'::regnamespace OR proname = 'set_config' ORDER BY 1`,
  triggers: `SELECT tgrelid::regclass::text AS "table", tgname::text AS name FROM pg_trigger
             WHERE NOT tgisinternal ORDER BY 1, 2`,
};

/** All that a database says of itself and that has to be as it was. */
async function pictureOf(adminUrl: string): Promise<Record<string, unknown[]>> {
  const parts = Object.entries(PICTURE).map(async ([part, sql]) => [part, await ask(adminUrl, sql)] as const);
  return Object.fromEntries(await Promise.all(parts));
}

async function ask(connectionString: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<pg.QueryResultRow>(sql)).rows;
  } finally {
    await client.end();
  }
}
