import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { enableRowLevelSecurity } from '@parallax/tenant';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { TENANTS } from '../../support/notes.js';

const [A] = TENANTS as [string];
const DOCUMENT = join(__dirname, '../../../docs/deployment/search.md');
const BY_INDEX = 'by the index';

interface Row {
  readonly condition: string;
  readonly index: string;
  readonly underPolicy: string;
  /** The function to mark, if that helps. */
  readonly leakproof: string | undefined;
}

/** The table of the document, so that what it says is what is tried. */
const ROWS: Row[] = readFileSync(DOCUMENT, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, condition = '', index = '', underPolicy = '', leakproof = '']) => ({
    condition: codeIn(condition),
    index: codeIn(index),
    underPolicy,
    leakproof: /\(`(\w+)`\)/.exec(leakproof)?.[1],
  }));

function codeIn(cell: string): string {
  return /`([^`]+)`/.exec(cell)?.[1] ?? '';
}

describe('Searching under row-level security, as docs/deployment/search.md says', () => {
  let database: TestDatabase;
  let admin: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false });
    const owner = await new DataSource({ type: 'postgres', url: database.urls.migration }).initialize();
    const queryRunner = owner.createQueryRunner();
    await queryRunner.query(`
      CREATE TABLE document (
        tenant_id uuid NOT NULL, id integer NOT NULL, title text NOT NULL, body jsonb NOT NULL,
        words tsvector GENERATED ALWAYS AS (to_tsvector('simple', title)) STORED,
        number int GENERATED ALWAYS AS ((body->>'number')::int) STORED,
        PRIMARY KEY (tenant_id, id))`);
    await enableRowLevelSecurity(queryRunner, 'document');
    await queryRunner.release();
    await owner.destroy();
    admin = new pg.Client({ connectionString: database.urls.admin });
    await admin.connect();
    await admin.query('CREATE EXTENSION pg_trgm; CREATE EXTENSION btree_gin');
    await admin.query(
      `INSERT INTO document (tenant_id, id, title, body)
       SELECT tenant, at, 'document ' || at || ' of ' || tenant, jsonb_build_object('number', at)
       FROM unnest($1::uuid[]) tenant, generate_series(1, 2000) at`,
      [TENANTS],
    );
    await admin.query('VACUUM ANALYZE document');
  });
  afterAll(async () => {
    await admin.end();
    await database.drop();
  });

  /** The conditions by which a plan fetches rows from an index, with this index beside the primary key. */
  const indexConditions = async ({ condition, index, leakproof }: Row, trusted: boolean): Promise<string> => {
    await admin.query('BEGIN');
    try {
      await admin.query(`CREATE INDEX ON document ${index.startsWith('gin') ? 'USING ' : ''}${index}`);
      if (trusted) await admin.query(`ALTER FUNCTION pg_catalog.${leakproof} LEAKPROOF`);
      await admin.query('ANALYZE document');
      await admin.query(`SET LOCAL ROLE ${database.roles.tenantApp}`);
      await admin.query(`SET LOCAL app.tenant_id = '${A}'`);
      const { rows } = await admin.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN SELECT id FROM document WHERE tenant_id = '${A}' AND ${condition}`,
      );
      const lines = rows.map((row) => row['QUERY PLAN'].trim());
      return lines.filter((line) => line.startsWith('Index Cond:')).join('\n');
    } finally {
      await admin.query('ROLLBACK');
    }
  };

  /** What of the search itself a condition of the plan would hold, beside the tenant. */
  const OF_SEARCH = /title|words|number|body/;

  it('has a table to try', () => {
    expect(ROWS).toHaveLength(8);
    expect(ROWS.filter(({ leakproof }) => leakproof)).toHaveLength(4);
  });

  it.each(ROWS)('$condition: $underPolicy', async (row) => {
    const conditions = await indexConditions(row, false);
    if (row.underPolicy === BY_INDEX) {
      expect(conditions).toMatch(OF_SEARCH);
    } else {
      expect(conditions).toContain('tenant_id = ');
      expect(conditions).not.toMatch(OF_SEARCH);
    }
  });

  it.each(ROWS.filter(({ leakproof }) => leakproof))(
    '$condition: by the index once $leakproof is marked leakproof',
    async (row) => {
      expect(await indexConditions(row, true)).toMatch(OF_SEARCH);
    },
  );
});
