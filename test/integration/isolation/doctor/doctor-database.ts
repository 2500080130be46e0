import { randomBytes } from 'node:crypto';
import pg from 'pg';
import {
  databaseRoles,
  type DatabaseRoles,
  inspectIsolation,
  type InspectIsolationOptions,
  type IsolationReport,
  setupDatabase,
} from '@parallax/tenant';
import { runMigrations } from '../../../../src/database/migrator.js';

/**
 * The reference schema under roles of its own: what is done to a role is done to the whole server, which other suites
 * share.
 */
export class DoctorDatabase {
  private constructor(
    readonly roles: DatabaseRoles,
    readonly urls: Readonly<Record<'admin' | 'tenant' | 'control' | 'migration', string>>,
    readonly admin: pg.Client,
    private readonly server: string,
    private readonly name: string,
  ) {}

  static async create({ migrated = true }: { migrated?: boolean } = {}): Promise<DoctorDatabase> {
    const server = process.env.TEST_DATABASE_URL!;
    const prefix = `doc${randomBytes(4).toString('hex')}`;
    const name = `test_${prefix}`;
    const { tenantUrl, controlUrl, migrationUrl } = await setupDatabase({
      adminUrl: server,
      database: name,
      prefix,
    });
    if (migrated) await runMigrations({ url: migrationUrl });
    const url = new URL(server);
    url.pathname = name;
    const admin = new pg.Client({ connectionString: url.href });
    await admin.connect();
    const urls = { admin: url.href, tenant: tenantUrl, control: controlUrl, migration: migrationUrl };
    return new DoctorDatabase(databaseRoles(prefix), urls, admin, server, name);
  }

  /** What is found after some statements of the superuser, which are taken back. */
  async inspectAfter(
    statements: readonly string[],
    options: Partial<InspectIsolationOptions> = {},
  ): Promise<IsolationReport> {
    await this.admin.query('BEGIN');
    try {
      for (const statement of statements) await this.admin.query(this.named(statement));
      return await this.inspect(this.admin, options);
    } finally {
      await this.admin.query('ROLLBACK');
    }
  }

  inspect(client: pg.ClientBase, options: Partial<InspectIsolationOptions> = {}): Promise<IsolationReport> {
    return inspectIsolation(client, { roles: this.roles, ...options });
  }

  /** `$login`, `$tenantApp` … and `$database` as they are called here. */
  named(statement: string): string {
    const names: Record<string, string> = { ...this.roles, database: this.name };
    return statement.replace(/\$([a-zA-Z]+)/g, (whole, key: string) => names[key] ?? whole);
  }

  async drop(): Promise<void> {
    await this.admin.end();
    const client = new pg.Client({ connectionString: this.server });
    await client.connect();
    try {
      await client.query(`DROP DATABASE ${this.name} WITH (FORCE)`);
      for (const role of Object.values(this.roles)) await client.query(`DROP ROLE ${role}`);
    } finally {
      await client.end();
    }
  }
}
