import pg from 'pg';
import { runInScope, TenantScope } from '../../../src/tenant/context/tenant-scope.js';
import { TenantDataSource } from '../../../src/tenant/isolation/orm/tenant-data-source.js';
import { TenantSchemaDataSource } from '../../../src/tenant/isolation/orm/tenant-schema-data-source.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { ENTITIES } from './net1-entities.js';

export const A = 'aaaaaaaa-0000-4000-8000-000000000000';
export const B = 'bbbbbbbb-0000-4000-8000-000000000000';

/** An id that a row of A and a row of B have both. */
export const SAME_ID = '00000000-0000-4000-8000-0000000000ff';

export const COUNTRY = { id: 'cccccccc-0000-4000-8000-000000000001', name: 'Utopia' };
export const SHARED_TEMPLATE = { id: 'cccccccc-0000-4000-8000-000000000002', name: 'for everyone' };

/** The rows of a tenant that operations aim at. All its text holds the canary. */
export interface Rows {
  readonly tenantId: string;
  readonly canary: string;
  readonly folder: string;
  readonly emptyFolder: string;
  readonly doc: string;
  readonly slug: string;
  readonly gone: string;
  readonly memo: string;
  readonly ownMemo: string;
  readonly badge: string;
  readonly template: string;
  readonly topic: string;
  readonly image: string;
  readonly pin: string;
  readonly label: string;
}

export const ROWS_OF_A = rowsOf('A', A);
export const ROWS_OF_B = rowsOf('B', B);

function rowsOf(name: string, tenantId: string): Rows {
  const id = (at: number): string => tenantId.replace(/0$/, String(at));
  return {
    tenantId,
    canary: `CANARY-${name}`,
    folder: id(1),
    emptyFolder: id(2),
    doc: id(3),
    slug: `slug-${name}`,
    gone: id(7),
    memo: id(4),
    ownMemo: id(8),
    badge: id(9),
    template: id(5),
    topic: id(6),
    image: id(6),
    pin: id(5),
    label: id(5),
  };
}

/** Net 1 stands alone here: connections of a superuser, for whom no policy counts, out of an ordinary pool. */
export class UnguardedPoolDataSource extends TenantDataSource {
  protected static override readonly Pool = pg.Pool;

  protected override assertServingLogin(): Promise<void> {
    return Promise.resolve();
  }
}

export function inScopeOf<T>(tenantId: string, fn: () => T): T {
  const tenant = { tenantId, tenantSlug: 'a-tenant', plan: 'free', limits: {}, features: {} };
  return runInScope(new TenantScope(undefined, tenant), fn);
}

export interface Net1 {
  readonly database: TestDatabase;
  readonly dataSource: TenantDataSource;
  /** Puts the rows back as they were. */
  reset(): Promise<void>;
  /** All that a tenant's rows hold, as one hash. */
  hashOf(tenantId: string): Promise<string>;
  close(): Promise<void>;
}

export async function openNet1(): Promise<Net1> {
  const database = await createTestDatabase({ migrated: false });
  const admin = new pg.Client({ connectionString: database.urls.admin });
  await admin.connect();
  const options = { type: 'postgres', url: database.urls.admin, entities: ENTITIES } as const;
  const schema = await new TenantSchemaDataSource(options).initialize();
  await schema.synchronize();
  await schema.destroy();
  const dataSource = await new UnguardedPoolDataSource(options).initialize();
  return {
    database,
    dataSource,
    reset: () => reset(admin),
    hashOf: (tenantId) => hashOf(admin, tenantId),
    close: async () => {
      await dataSource.destroy();
      await admin.end();
      await database.drop();
    },
  };
}

/** That hold rows of tenants. */
export const TABLES = ['folder', 'doc', 'memo', 'badge', 'topic', 'asset', 'template', 'pin', 'label'];

async function hashOf(admin: pg.Client, tenantId: string): Promise<string> {
  const lines = TABLES.map(
    (table) => `SELECT '${table}' || t::text AS line FROM ${table} t WHERE tenant_id = $1`,
  );
  const {
    rows: [row],
  } = await admin.query<{ hash: string }>(
    `SELECT md5(coalesce(string_agg(line, chr(10) ORDER BY line), '')) AS hash FROM (${lines.join(' UNION ALL ')}) l`,
    [tenantId],
  );
  return row!.hash;
}

async function reset(admin: pg.Client): Promise<void> {
  const statements = [
    `TRUNCATE ${[...TABLES, 'country'].join(', ')} CASCADE`,
    ...seed([ROWS_OF_A, ROWS_OF_B]),
  ];
  await admin.query(statements.join(';'));
}

/** What puts the rows of these tenants, and the shared ones, into empty tables. */
export function seed(tenants: readonly Rows[]): string[] {
  return [
    insert('country', COUNTRY),
    insert('template', { ...SHARED_TEMPLATE, tenant_id: null }),
    ...tenants.flatMap(seedOf),
  ];
}

function insert(table: string, values: Record<string, string | number | null>): string {
  const literals = Object.values(values).map((value) =>
    value === null ? 'NULL' : pg.escapeLiteral(String(value)),
  );
  return `INSERT INTO ${table} (${Object.keys(values).join(', ')}) VALUES (${literals.join(', ')})`;
}

function seedOf(rows: Rows): string[] {
  const { canary } = rows;
  const own = (table: string, values: Record<string, string | number>): string =>
    insert(table, { tenant_id: rows.tenantId, ...values });
  const doc = { title: `${canary} doc`, folder_id: rows.folder, version: 1 };
  const [size, otherSize] = rows.tenantId === A ? [10, 5] : [100, 1];
  return [
    own('folder', { id: rows.folder, name: `${canary} folder`, country_id: COUNTRY.id }),
    own('folder', { id: rows.emptyFolder, name: `${canary} empty` }),
    own('doc', { ...doc, id: rows.doc, slug: rows.slug, size }),
    own('doc', { ...doc, id: SAME_ID, slug: 'same', title: `${canary} same`, size: otherSize }),
    own('doc', {
      ...doc,
      id: rows.gone,
      slug: 'gone',
      size,
      title: `${canary} gone`,
      deleted_at: '1970-01-01',
    }),
    own('memo', { id: rows.memo, body: `${canary} memo`, doc_id: ROWS_OF_B.doc }),
    own('memo', { id: rows.ownMemo, body: `${canary} own memo`, doc_id: rows.doc }),
    own('badge', { id: rows.badge, folder_id: rows.folder }),
    own('topic', { id: rows.topic, name: `${canary} topic`, mpath: `${rows.topic}.` }),
    own('asset', { id: rows.image, name: `${canary} image`, kind: 'image' }),
    own('template', { id: rows.template, name: `${canary} template` }),
    own('pin', { id: rows.pin, doc_id: rows.doc, topic_id: rows.topic }),
    own('label', { id: rows.label, text: `${canary} label` }),
  ];
}
