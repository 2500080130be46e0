import pg from 'pg';
import { DataSource, type DataSourceOptions, type Logger } from 'typeorm';
import {
  enableRowLevelSecurity,
  shareTable,
  TenantDataSource,
  TenantPool,
  TenantSchemaDataSource,
} from '@parallax/tenant';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { A, type Rows, seed, TABLES, UnguardedPoolDataSource } from '../net1-database.js';
import { ENTITIES } from '../net1-entities.js';
import type { Net } from './operation.js';

const EVERYTHING = [...TABLES, 'country']
  .map((table) => `SELECT '${table}' AS table, to_jsonb(t) AS row FROM ${table} t`)
  .join(' UNION ALL ');

interface Stored {
  readonly table: string;
  readonly row: Readonly<Record<string, unknown>>;
}

/** Foreign keys between rows of tenants. */
const REFERENCES = [
  ['doc', 'folder_id', 'folder'],
  ['badge', 'folder_id', 'folder'],
  ['topic', 'parent_id', 'topic'],
  ['pin', 'doc_id', 'doc'],
  ['pin', 'topic_id', 'topic'],
] as const;

export interface Everything {
  /** A's rows. */
  readonly own: readonly string[];
  /** Other tenants' rows, and those of all. */
  readonly others: readonly string[];
  /** References by a foreign key from one tenant to another. */
  readonly crossing: readonly string[];
}

/** A database with rows of some tenants, reached through every combination of the nets. */
export class World {
  #seeded: Everything | undefined;
  #isSeeded = false;

  private constructor(
    private readonly database: TestDatabase,
    private readonly admin: pg.Client,
    private readonly tenants: readonly Rows[],
    readonly dataSources: Readonly<Record<Net, DataSource>>,
    /** What was logged. */
    readonly log: string[],
  ) {}

  static async with(...tenants: Rows[]): Promise<World> {
    const database = await createTestDatabase({ migrated: false });
    await createTables(database);
    const admin = new pg.Client({ connectionString: database.urls.admin });
    await admin.connect();
    await admin.query('SET session_replication_role = replica'); // so that rows are put back in any order
    const log: string[] = [];
    const options = (url: string) =>
      ({
        type: 'postgres',
        url,
        entities: ENTITIES,
        installExtensions: false,
        logger: loggerTo(log),
      }) as const satisfies DataSourceOptions;
    const { tenant, admin: superuser } = database.urls;
    const dataSources = {
      'both nets': new TenantDataSource(options(tenant)),
      'net 1 alone': new UnguardedPoolDataSource(options(superuser)),
      'net 2 alone': new DataSource({ ...options(tenant), driver: { ...pg, Pool: TenantPool } }),
      'neither net': new DataSource(options(superuser)),
    };
    for (const dataSource of Object.values(dataSources)) await dataSource.initialize();
    return new World(database, admin, tenants, dataSources, log);
  }

  /** Puts the rows back as they were, and forgets the log. */
  async restore(): Promise<void> {
    this.log.length = 0;
    if (this.#isSeeded) return;
    const tables = [...TABLES, 'country'];
    await this.admin.query(
      [...tables.map((table) => `DELETE FROM ${table}`), ...seed(this.tenants)].join(';'),
    );
    this.#seeded ??= await this.everything();
    this.#isSeeded = true;
  }

  /** What was there before anything was run. */
  async seeded(): Promise<Everything> {
    if (!this.#seeded) await this.restore();
    return this.#seeded!;
  }

  async everything(): Promise<Everything> {
    const { rows } = await this.admin.query<Stored>({ name: 'everything', text: EVERYTHING });
    const lines = (which: (stored: Stored) => boolean) =>
      rows
        .filter(which)
        .map((stored) => JSON.stringify(stored))
        .sort();
    const everything = {
      own: lines(({ row }) => row.tenant_id === A),
      others: lines(({ row }) => row.tenant_id !== A),
      crossing: crossingIn(rows),
    };
    this.#isSeeded = JSON.stringify(everything) === JSON.stringify(this.#seeded);
    return everything;
  }

  async close(): Promise<void> {
    for (const dataSource of Object.values(this.dataSources)) await dataSource.destroy();
    await this.admin.end();
    await this.database.drop();
  }
}

function crossingIn(stored: readonly Stored[]): string[] {
  const has = (table: string, id: unknown, tenantId: unknown) =>
    stored.some((other) => other.table === table && other.row.id === id && other.row.tenant_id === tenantId);
  return REFERENCES.flatMap(([from, column, to]) =>
    stored
      .filter(({ table, row }) => table === from && row[column] !== null)
      .filter(({ row }) => !has(to, row[column], row.tenant_id))
      .map(() => `a ${from} points at another tenant's ${to}`),
  );
}

async function createTables({ urls, roles }: TestDatabase): Promise<void> {
  const schema = await new TenantSchemaDataSource({
    type: 'postgres',
    url: urls.migration,
    entities: ENTITIES,
    installExtensions: false,
    uuidExtension: 'pgcrypto',
  }).initialize();
  await schema.synchronize();
  const queryRunner = schema.createQueryRunner();
  for (const table of TABLES) {
    await enableRowLevelSecurity(queryRunner, table, { tenancy: table === 'template' ? 'mixed' : 'scoped' });
  }
  await shareTable(queryRunner, 'country');
  await queryRunner.query('ALTER VIEW big_doc SET (security_invoker = true)');
  await queryRunner.query(`GRANT SELECT ON big_doc TO ${roles.tenantApp}`);
  await queryRunner.release();
  await schema.destroy();
}

function loggerTo(log: string[]): Logger {
  const note = (said: unknown, parameters: unknown): void => {
    log.push(`${String(said)} ${JSON.stringify(parameters)}`);
  };
  return {
    logQuery: note,
    logQueryError: (error, query, parameters) => {
      note(`${String(error)} ${query}`, parameters);
    },
    logQuerySlow: (_, query, parameters) => {
      note(query, parameters);
    },
    logSchemaBuild: () => undefined,
    logMigration: () => undefined,
    log: (_, message) => {
      note(message, undefined);
    },
  };
}
