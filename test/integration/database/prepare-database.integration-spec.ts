import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, type AppConfig } from '../../../src/config/app-config.js';
import { pendingMigrations, runMigrations } from '../../../src/database/migrator.js';
import { prepareDatabase } from '../../../src/database/prepare-database.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

describe(prepareDatabase.name, () => {
  describe('without DATABASE_URL', () => {
    let dataDir: string;
    beforeAll(() => {
      dataDir = mkdtempSync(join(tmpdir(), 'prepare-'));
      chmodSync(dataDir, 0o711); // else root's cluster is kept elsewhere
    });
    afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

    it('starts a migrated database of its own, again and again, also under another secret', async () => {
      for (const SECRET_KEY of [
        undefined,
        undefined,
        'another secret, of enough characters'.replaceAll(' ', '_'),
      ]) {
        const database = await prepareDatabase(loadConfig({ DATA_DIR: dataDir, SECRET_KEY }));
        try {
          expect(database.migrationUrl).toContain('parallax_owner');
          expect(database.tenantUrl).toContain('parallax_login');
          expect(await pendingMigrations({ url: database.controlUrl })).toEqual([]);
        } finally {
          await database.stop();
        }
      }
    });
  });

  describe('with DATABASE_URL', () => {
    let database: TestDatabase;
    beforeEach(async () => {
      database = await createTestDatabase({ migrated: false });
    });
    afterEach(() => database.drop());

    const config = (urls: Partial<TestDatabase['urls']>): AppConfig =>
      loadConfig({
        SECRET_KEY: 'a-secret-of-the-tests-0123456789-abcdef',
        DATABASE_URL: urls.tenant,
        CONTROL_DATABASE_URL: urls.control,
        MIGRATION_DATABASE_URL: urls.migration,
      });

    it('applies what is pending when it knows the owner', async () => {
      const { tenant, control, migration } = database.urls;
      const prepared = await prepareDatabase(config({ tenant, control, migration }));
      expect(prepared).toMatchObject({ tenantUrl: tenant, controlUrl: control, migrationUrl: migration });
      expect(await pendingMigrations({ url: control })).toEqual([]);
    });

    it('otherwise serves a current schema only', async () => {
      const { tenant, control, migration } = database.urls;
      await expect(prepareDatabase(config({ tenant, control }))).rejects.toThrow(
        /pending: Foundation1764000000000.*npm run migration:run.*MIGRATION_DATABASE_URL/,
      );
      await runMigrations({ url: migration });
      await expect(prepareDatabase(config({ tenant, control }))).resolves.not.toHaveProperty('migrationUrl');
    });

    it('names the variable whose database cannot be reached, and no password', async () => {
      const control = database.urls.control.replace(/:[^:@/]+@/, ':hunter2@');
      const failure = prepareDatabase(config({ tenant: database.urls.tenant, control }));
      await expect(failure).rejects.toThrow(/^CONTROL_DATABASE_URL: .*password authentication failed/);
      await expect(failure).rejects.not.toThrow(/hunter2/);
    });
  });
});
