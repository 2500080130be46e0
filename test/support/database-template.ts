import pg from 'pg';
import { type RolePasswords, setupRoles } from '@parallax/tenant';

export interface TemplateOptions {
  /** URL of the administrator. */
  readonly server: string;
  readonly prefix: string;
  readonly passwords: RolePasswords;
  /** Makes the schema in the template, given its name. Left out: roles and grants only. */
  readonly migrate?: (database: string) => Promise<void>;
}

/** The name of the database to copy, which the first suite to need it makes for all workers of the run. */
export async function templateDatabase(options: TemplateOptions): Promise<string> {
  const template = options.migrate === undefined ? 'test_template_empty' : 'test_template_migrated';
  const client = new pg.Client({ connectionString: options.server });
  await client.connect();
  try {
    await client.query(`SELECT pg_advisory_lock(hashtext('test: templates'))`);
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [template]);
    if (rowCount === 0) await make(template, client, options);
    return template;
  } finally {
    await client.end(); // gives the lock back
  }
}

/** Under another name until it is complete: a suite killed half-way leaves no half template. */
async function make(template: string, server: pg.Client, options: TemplateOptions): Promise<void> {
  const draft = `${template}_draft`;
  await server.query(`DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`);
  await server.query(`CREATE DATABASE ${draft} TEMPLATE template0`);
  const url = new URL(options.server);
  url.pathname = draft;
  const admin = new pg.Client({ connectionString: url.href });
  await admin.connect();
  try {
    await setupRoles(admin, options);
    await options.migrate?.(draft);
  } finally {
    await admin.end();
  }
  await server.query(`ALTER DATABASE ${draft} RENAME TO ${template}`);
}
