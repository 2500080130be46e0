import { randomBytes } from 'node:crypto';
import {
  createSignedScope,
  dropSignedScope,
  setScopeKeys,
  TenantDataSource,
  TenantPool,
} from '@parallax/tenant';
import pg from 'pg';
import { DataSource, type QueryRunner } from 'typeorm';
import { ScopeSigner } from '../../../src/tenant/isolation/client/scope-signer.js';
import {
  disableRowLevelSecurity,
  enableRowLevelSecurity,
} from '../../../src/tenant/isolation/migrations/row-level-security.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { Note } from '../../support/note.entity.js';
import { A, B, createNotes, inScopeOf, NOTES_EACH } from '../../support/notes.js';

const KEY = randomBytes(48).toString('base64');
const TO_B = `set_config('app.tenant_id', '${B}', true)`;
const READ = 'SELECT tenant_id FROM note';

/** What SQL that was injected could say, in one transaction, to read another tenant's rows. */
const FORGERIES: Readonly<Record<string, readonly string[]>> = {
  'a call': [`SELECT ${TO_B}`, READ],
  'a CTE in the statement that reads': [
    `WITH forged AS MATERIALIZED (SELECT ${TO_B}) SELECT n.tenant_id FROM forged CROSS JOIN note n`,
  ],
  'a call in a condition': [`SELECT 1 FROM pg_class WHERE ${TO_B} IS NULL`, READ],
  'a call in an aggregate': [`SELECT max(${TO_B}) FROM generate_series(1, 1)`, READ],
  'a call in LIMIT': [`SELECT 1 LIMIT length(${TO_B})`, READ],
  'a call in HAVING': [`SELECT 1 HAVING ${TO_B} IS NOT NULL`, READ],
  'SQL that runs SQL': [`SELECT query_to_xml('SELECT ${TO_B.replaceAll("'", "''")}', true, true, '')`, READ],
  'EXPLAIN of a call': [`EXPLAIN SELECT ${TO_B}`, READ],
  'a call by its qualified name': [`SELECT pg_catalog.${TO_B}`, READ],
  'a call in VALUES': [`VALUES (${TO_B})`, READ],
  'a call in ORDER BY': [`SELECT 1 ORDER BY ${TO_B}`, READ],
  'a call for the whole session': [`SELECT set_config('app.tenant_id', '${B}', false)`, READ],
};

describe('SQL that names another tenant', () => {
  let database: TestDatabase;
  let owner: DataSource;
  let queryRunner: QueryRunner;
  let pool: TenantPool;

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false });
    await createNotes(database);
    owner = await new DataSource({ type: 'postgres', url: database.urls.migration }).initialize();
    queryRunner = owner.createQueryRunner();
  });
  afterAll(async () => {
    await queryRunner.release();
    await owner.destroy();
    await database.drop();
  });
  afterEach(() => pool.end());

  const open = (scopeKey?: string): void => {
    pool = new TenantPool({ connectionString: database.urls.tenant, max: 1, ...(scopeKey && { scopeKey }) });
  };
  const mayCallSetConfig = (may: boolean): Promise<unknown> =>
    database.query(
      `${may ? 'GRANT' : 'REVOKE'} EXECUTE ON FUNCTION pg_catalog.set_config ${may ? 'TO' : 'FROM'} PUBLIC`,
    );
  const sign = async (): Promise<void> => {
    await createSignedScope(queryRunner);
    await setScopeKeys(queryRunner, [KEY]);
    await disableRowLevelSecurity(queryRunner, 'note');
    await enableRowLevelSecurity(queryRunner, 'note');
  };

  /** The tenants whose rows came back, and the code of the error that ended it, if one did. */
  const forge = (statements: readonly string[]): Promise<{ tenants: unknown[]; code?: unknown }> =>
    inScopeOf(A, async () => {
      const client = await pool.connect();
      const tenants = new Set<unknown>();
      try {
        await client.query('BEGIN');
        for (const statement of statements) {
          const { rows } = await client.query<{ tenant_id?: unknown }>(statement);
          for (const { tenant_id } of rows) if (tenant_id !== undefined) tenants.add(tenant_id);
        }
        return { tenants: [...tenants] };
      } catch (error) {
        return { tenants: [...tenants], code: (error as pg.DatabaseError).code };
      } finally {
        await client.query('ROLLBACK');
        client.release();
      }
    });

  const each = Object.entries(FORGERIES);
  /** It says what would be done, and does not do it. */
  const HARMLESS = new Set(['EXPLAIN of a call']);

  describe('with neither defence', () => {
    beforeAll(() => mayCallSetConfig(true));
    beforeEach(() => open());

    it.each(each)('reads its rows: %s', async (name, statements) => {
      const { tenants } = await forge(statements);
      expect(tenants).toEqual(HARMLESS.has(name) ? [A] : expect.arrayContaining([B]));
    });
  });

  describe('where set_config is revoked', () => {
    beforeAll(() => mayCallSetConfig(false));
    beforeEach(() => open());

    it.each(each)('reads nothing of it: %s', async (name, statements) => {
      const { tenants, code } = await forge(statements);
      expect(tenants).not.toContain(B);
      if (!HARMLESS.has(name)) expect(code).toBe('42501');
    });
  });

  describe('where the scope is signed, and everybody may call set_config', () => {
    beforeAll(async () => {
      await mayCallSetConfig(true);
      await sign();
    });
    afterAll(async () => {
      await dropSignedScope(queryRunner);
      await mayCallSetConfig(false);
    });
    beforeEach(() => open(KEY));

    it.each(each)('reads nothing of it: %s', async (name, statements) => {
      const { tenants, code } = await forge(statements);
      expect(tenants).not.toContain(B);
      if (!HARMLESS.has(name)) expect(code).toBe('28000');
    });

    it('reads nothing of it either when it brings a proof of its own making', async () => {
      const proof = new ScopeSigner('another key, which is as long as it has to be').proofOf(B);
      const forged = await forge([`SELECT ${TO_B}, set_config('app.tenant_proof', '${proof}', true)`, READ]);
      expect(forged).toEqual({ tenants: [], code: '28000' });
    });

    it('serves each tenant its own rows: one by one, in transactions, and through TypeORM', async () => {
      for (const tenant of [A, B, A]) {
        const { rows } = await inScopeOf(tenant, () => pool.query(READ));
        expect(rows).toEqual(Array(NOTES_EACH).fill({ tenant_id: tenant }));
      }
      expect(await forge([READ])).toEqual({ tenants: [A] });
      const dataSource = await new TenantDataSource({
        type: 'postgres',
        url: database.urls.tenant,
        entities: [Note],
        extra: { scopeKey: KEY },
      }).initialize();
      try {
        const notes = await inScopeOf(B, () => dataSource.getRepository(Note).find());
        expect(notes.map(({ tenantId }) => tenantId)).toEqual(Array(NOTES_EACH).fill(B));
      } finally {
        await dataSource.destroy();
      }
    });

    it('serves nobody without the key, or with another', async () => {
      await pool.end();
      for (const scopeKey of [undefined, 'another key, which is as long as it has to be']) {
        open(scopeKey);
        await expect(inScopeOf(A, () => pool.query(READ))).rejects.toMatchObject({ code: '28000' });
        await pool.end();
      }
      open(KEY);
    });

    it('keeps the key out of what can be read of the pool', () => {
      expect(JSON.stringify(pool.options)).not.toContain(KEY);
      expect(Object.values(pool.options)).not.toContain(KEY);
    });
  });

  it('needs a key of 32 bytes', () => {
    open();
    expect(() => new TenantPool({ connectionString: database.urls.tenant, scopeKey: 'short' })).toThrow(
      'scopeKey has 5 bytes; it needs at least 32',
    );
  });
});
