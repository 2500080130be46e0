import { setupBackupRole, setupDatabase } from '@parallax/tenant';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { createNotes, NOTES_EACH, TENANTS } from '../../support/notes.js';

const PREFIX = `test_backup_${process.pid}`;
const ROLES = ['owner', 'login', 'tenant_app', 'control', 'platform_reader', 'platform_writer', 'backup'];

describe(setupBackupRole.name, () => {
  let database: TestDatabase;
  let backupUrl: string;
  let admin: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false });
    const adminUrl = database.urls.admin;
    const setUp = await setupDatabase({ adminUrl, database: database.name, prefix: PREFIX, backup: true });
    backupUrl = setUp.backupUrl!;
    const urls = { ...database.urls, migration: setUp.migrationUrl };
    await createNotes({ ...database, urls });
    admin = new pg.Client({ connectionString: adminUrl });
    await admin.connect();
  });
  afterAll(async () => {
    for (const role of ROLES) await admin.query(`DROP OWNED BY ${PREFIX}_${role} CASCADE`);
    for (const role of ROLES) await admin.query(`DROP ROLE ${PREFIX}_${role}`);
    await admin.end();
    await database.drop();
  });

  const asBackup = (sql: string): Promise<unknown[]> => ask(backupUrl, sql);

  const ask = async (connectionString: string, sql: string): Promise<unknown[]> => {
    const client = new pg.Client({ connectionString });
    await client.connect();
    try {
      return (await client.query<pg.QueryResultRow>(sql)).rows;
    } finally {
      await client.end();
    }
  };

  it('reads every row, of tables made after it too, with row security off as pg_dump wants it', async () => {
    const all = TENANTS.length * NOTES_EACH;
    expect(await asBackup('SELECT id FROM note')).toHaveLength(all);
    const strictly = new URL(backupUrl);
    strictly.searchParams.set('options', '-c row_security=off');
    expect(await ask(strictly.href, 'SELECT id FROM note')).toHaveLength(all);
    expect(await asBackup(`SELECT set_config('search_path', '', false)`)).toHaveLength(1);
  });

  it('writes nothing, also when it says it would', async () => {
    await expect(asBackup('DELETE FROM note')).rejects.toMatchObject({ code: '25006' });
    const insisting = asBackup('BEGIN; SET TRANSACTION READ WRITE; DELETE FROM note; COMMIT');
    await expect(insisting).rejects.toMatchObject({ code: '42501' });
    await expect(asBackup(`SET ROLE ${PREFIX}_owner`)).rejects.toMatchObject({ code: '42501' });
  });

  it('may be run again, repairs what was changed, and issues a new password', async () => {
    await admin.query(`ALTER ROLE ${PREFIX}_backup NOBYPASSRLS CREATEROLE`);
    const { password, warnings } = await setupBackupRole(admin, { prefix: PREFIX });
    expect(warnings).toEqual([]);
    await expect(asBackup('SELECT')).rejects.toMatchObject({ code: '28P01' });
    const url = new URL(backupUrl);
    url.password = password;
    backupUrl = url.href;
    expect(await asBackup('SELECT id FROM note')).toHaveLength(TENANTS.length * NOTES_EACH);
    const { rows } = await admin.query<{ rolcreaterole: boolean }>(
      'SELECT rolcreaterole FROM pg_roles WHERE rolname = $1',
      [`${PREFIX}_backup`],
    );
    expect(rows).toEqual([{ rolcreaterole: false }]);
  });
});
