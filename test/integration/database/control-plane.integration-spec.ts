import { createControlPlane, dropControlPlane, grantToControlPlane } from '@parallax/tenant';
import pg from 'pg';
import { DataSource, type QueryRunner } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

describe(createControlPlane.name, () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false });
  });
  afterAll(() => database.drop());

  async function migrate(user: 'migration' | 'admin', work: (runner: QueryRunner) => Promise<void>) {
    const url = database.urls[user];
    const owner = new DataSource({ type: 'postgres', url, installExtensions: false });
    await owner.initialize();
    try {
      await owner.transaction(({ queryRunner }) => work(queryRunner!));
    } finally {
      await owner.destroy();
    }
  }

  async function as(user: 'control' | 'tenant', statement: string, parameters: unknown[] = []) {
    const client = new pg.Client({ connectionString: database.urls[user] });
    await client.connect();
    try {
      return (await client.query(statement, parameters)).rows as unknown[];
    } finally {
      await client.end();
    }
  }

  const relations = () =>
    database.query(
      `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
       UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace`,
    );

  const insert = (slug: string) =>
    as(
      'control',
      `INSERT INTO tenants (id, name, slug, status, plan, plan_version, period_anchor)
       VALUES (gen_random_uuid(), 'A tenant', $1, 'active', 'free', 1, now())`,
      [slug],
    );

  it('is undone without a trace', async () => {
    await migrate('migration', createControlPlane);
    expect(await relations()).not.toEqual([]);
    await migrate('migration', dropControlPlane);
    expect(await relations()).toEqual([]);
  });

  it('refuses to run as anybody but the owner, whose name tells the other roles', async () => {
    await expect(migrate('admin', createControlPlane)).rejects.toThrow(/_owner".*tenancy setup/s);
    expect(await relations()).toEqual([]);
  });

  describe('once created', () => {
    beforeAll(async () => {
      await migrate('migration', async (runner) => {
        await createControlPlane(runner);
        await runner.query('CREATE TABLE users (email text PRIMARY KEY)');
        await grantToControlPlane(runner, 'users', ['SELECT', 'INSERT']);
      });
      await as(
        'control',
        `INSERT INTO plans (name, version, limits, features) VALUES ('free', 1, '{}', '[]')`,
      );
    });

    it.each(['a', 'acme', 'acme-2', '0', 'a'.repeat(50)])('takes the slug %j', async (slug) => {
      await expect(insert(slug)).resolves.toEqual([]);
    });

    it.each(['', '-acme', 'acme-', 'Acme', 'a b', 'a.b', 'é', 'acme\n'])(
      'refuses the slug %j',
      async (slug) => {
        await expect(insert(slug)).rejects.toThrow(/tenants_slug_check/);
      },
    );

    it.each(['tenants', 'plans', 'platform_access_log', 'tenant_allocations', 'users'])(
      'lets the control plane read %s, and the login of tenants not',
      async (table) => {
        await expect(as('control', `SELECT FROM ${table}`)).resolves.toBeDefined();
        await expect(as('tenant', `SELECT FROM ${table}`)).rejects.toThrow(/permission denied/);
      },
    );

    it.each([
      `UPDATE users SET email = ''`,
      'DELETE FROM tenants',
      `UPDATE platform_access_log SET reason = ''`,
      'DELETE FROM platform_access_log',
      'UPDATE tenant_allocations SET used = 0',
    ])('does not let even the control plane: %s', async (statement) => {
      await expect(as('control', statement)).rejects.toThrow(/permission denied/);
    });
  });
});
