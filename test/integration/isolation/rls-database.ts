import pg from 'pg';
import { DataSource, type QueryRunner } from 'typeorm';
import { enableRowLevelSecurity, shareTable } from '@parallax/tenant';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { A, B, TENANTS } from '../../support/notes.js';

export { A, B };
export const C = TENANTS[2]!;

/** What PostgreSQL says to who lacks a privilege, and to who writes past a policy. */
export const DENIED = { code: '42501' };

/** The id of a tenant's one author. */
export const authorOf = (tenant: string): string => tenant.replace('4000', '4abc');

/** A login, what it becomes by SET ROLE, and what it sets. */
export interface Who {
  readonly login: 'tenant' | 'control' | 'migration';
  readonly role?: 'tenantApp' | 'platformReader' | 'platformWriter';
  readonly settings?: Readonly<Record<string, string>>;
}

export const login: Who = { login: 'tenant' };
export const owner: Who = { login: 'migration' };
export const control: Who = { login: 'control' };

export const tenantApp = (tenant?: string): Who => ({
  login: 'tenant',
  role: 'tenantApp',
  ...(tenant !== undefined && { settings: { 'app.tenant_id': tenant } }),
});

export const platform = (role: 'platformReader' | 'platformWriter', tenants?: readonly string[]): Who => ({
  login: 'control',
  role,
  ...(tenants && { settings: { 'app.tenant_ids': `{${tenants.join(',')}}` } }),
});

/** A scoped table and one that refers to it, a shared one and a mixed one; three tenants, a row each. */
export class RlsDatabase {
  private constructor(
    readonly database: TestDatabase,
    private readonly migration: DataSource,
    /** Logged in as the owner. */
    readonly queryRunner: QueryRunner,
  ) {}

  static async create(): Promise<RlsDatabase> {
    const database = await createTestDatabase({ migrated: false });
    const migration = await new DataSource({ type: 'postgres', url: database.urls.migration }).initialize();
    const created = new RlsDatabase(database, migration, migration.createQueryRunner());
    await created.#createTables();
    await created.#createRows();
    return created;
  }

  async drop(): Promise<void> {
    await this.queryRunner.release();
    await this.migration.destroy();
    await this.database.drop();
  }

  /** Runs statements as somebody, in a transaction that is taken back, and answers with the last one's result. */
  async as({ login, role, settings = {} }: Who, ...statements: string[]): Promise<pg.QueryResult> {
    const client = new pg.Client({ connectionString: this.database.urls[login] });
    await client.connect();
    try {
      await client.query('BEGIN');
      for (const [name, value] of Object.entries(settings))
        await client.query(`SET LOCAL ${name} = '${value}'`);
      if (role) await client.query(`SET LOCAL ROLE ${this.database.roles[role]}`);
      const results: pg.QueryResult[] = [];
      for (const statement of statements) results.push(await client.query(statement));
      return results.at(-1)!;
    } finally {
      await client.end();
    }
  }

  /** The tenant of each row somebody sees. */
  async tenantsIn(who: Who, table = 'author'): Promise<unknown[]> {
    const { rows } = await this.as(who, `SELECT tenant_id FROM ${table} ORDER BY tenant_id`);
    return rows.map(({ tenant_id }: { tenant_id: unknown }) => tenant_id);
  }

  async failureOf(who: Who, statement: string): Promise<pg.DatabaseError> {
    const failure: unknown = await this.as(who, statement).catch((error: unknown) => error);
    if (failure instanceof pg.DatabaseError) return failure;
    throw new Error(`Not refused: ${statement}`, { cause: failure });
  }

  async #createTables(): Promise<void> {
    await this.queryRunner.query(`
      CREATE TABLE author (
        tenant_id uuid NOT NULL, id uuid NOT NULL DEFAULT gen_random_uuid(), name text NOT NULL,
        PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, name))`);
    await this.queryRunner.query(`
      CREATE TABLE book (
        tenant_id uuid NOT NULL, id uuid NOT NULL DEFAULT gen_random_uuid(), author_id uuid,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, author_id) REFERENCES author (tenant_id, id) ON DELETE SET NULL (author_id))`);
    await this.queryRunner.query('CREATE TABLE country (name text PRIMARY KEY)');
    await this.queryRunner.query(`
      CREATE TABLE template (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), tenant_id uuid, name text NOT NULL)`);
    for (const table of ['author', 'book']) await enableRowLevelSecurity(this.queryRunner, table);
    await shareTable(this.queryRunner, 'country');
    await enableRowLevelSecurity(this.queryRunner, 'template', { tenancy: 'mixed' });
  }

  async #createRows(): Promise<void> {
    await this.database.query(`INSERT INTO country VALUES ('Utopia')`);
    await this.database.query(`INSERT INTO template (tenant_id, name) VALUES (NULL, 'for everyone')`);
    for (const tenant of [A, B, C]) {
      const values = [tenant, authorOf(tenant)];
      await this.database.query(`INSERT INTO author VALUES ($1, $2, 'CANARY')`, values);
      await this.database.query('INSERT INTO book (tenant_id, author_id) VALUES ($1, $2)', values);
      await this.database.query(`INSERT INTO template (tenant_id, name) VALUES ($1, 'CANARY')`, [tenant]);
    }
  }
}
