import pg from 'pg';
import { applyAdoption } from '../../../src/tenant/setup/adopt/apply-adoption.js';
import { planAdoption } from '../../../src/tenant/setup/adopt/plan-adoption.js';
import { type AdoptDatabase, createAdoptDatabase, inTenant, queryAs } from '../../support/adopt-database.js';
import { createShop } from '../../support/adopt-shop.js';

describe('tenancy adopt, while nothing is enforced', () => {
  let shop: AdoptDatabase;
  let target: { schema: string; tenant: string; prefix: string };

  beforeAll(async () => {
    shop = await createAdoptDatabase();
    await createShop(shop);
    target = { schema: 'shop', tenant: 'acme', prefix: shop.database.prefix };
  });
  afterAll(() => shop.drop());

  it('names what it cannot do, before anything is touched', async () => {
    await queryAs(
      shop.formerUrl,
      `CREATE TABLE shop.keyless (a int); CREATE TABLE shop.parted (a int) PARTITION BY LIST (a);
       CREATE TABLE shop.parent (a int PRIMARY KEY); CREATE TABLE shop.heir () INHERITS (shop.parent);
       CREATE TABLE shop.public_one (a int PRIMARY KEY); GRANT SELECT ON shop.public_one TO PUBLIC;
       CREATE TABLE shop.late (a int PRIMARY KEY, b int UNIQUE DEFERRABLE);
       CREATE TABLE shop.apart (a int PRIMARY KEY, r int4range, EXCLUDE USING gist (r WITH &&));
       CREATE TABLE shop.ruled (a int PRIMARY KEY); CREATE RULE quiet AS ON DELETE TO shop.ruled DO INSTEAD NOTHING;
       CREATE TABLE shop.columned (a int PRIMARY KEY); GRANT SELECT (a) ON shop.columned TO PUBLIC;
       CREATE VIEW shop.grouped AS SELECT id, email FROM shop.customers GROUP BY id`,
    );
    const { remarks } = await planAdoption(shop.admin, { ...target });
    const obstacles = remarks.filter(({ kind }) => kind === 'obstacle').map(({ table }) => table);
    expect([...new Set(obstacles)].sort()).toEqual(
      [
        'apart',
        'columned',
        'customers',
        'heir',
        'keyless',
        'late',
        'parent',
        'parted',
        'public_one',
        'ruled',
      ].map((name) => `shop.${name}`),
    );
    await expect(applyAdoption(shop.admin, target)).rejects.toThrow(/Nothing was changed.*primary key/);
    await expect(planAdoption(shop.admin, { ...target, tables: ['orders'] })).resolves.toMatchObject({
      remarks: expect.arrayContaining([
        expect.objectContaining({
          kind: 'obstacle',
          problem: expect.stringContaining('lines_order_id_fkey'),
        }),
      ]) as unknown,
    });
    await queryAs(
      shop.formerUrl,
      `DROP VIEW shop.grouped; DROP TABLE shop.keyless, shop.parted, shop.heir, shop.parent, shop.public_one, shop.late,
       shop.apart, shop.ruled, shop.columned`,
    );
  });

  it('stamps what is written: by the scope, else for the chosen tenant', async () => {
    await applyAdoption(shop.admin, { ...target, until: 'stamp' });
    const [unscoped] = await queryAs(
      shop.formerUrl,
      `INSERT INTO shop.customers (email) VALUES ('unscoped') RETURNING tenant_id`,
    );
    expect(unscoped).toEqual({ tenant_id: shop.acme });
    const [scoped] = await queryAs(
      `${shop.formerUrl}?options=${encodeURIComponent(`-c app.tenant_id=${shop.other}`)}`,
      `INSERT INTO shop.customers (email) VALUES ('scoped') RETURNING tenant_id`,
    );
    expect(scoped).toEqual({ tenant_id: shop.other });
    const changed = `UPDATE shop.customers SET email = email WHERE id = 7 RETURNING tenant_id`;
    expect(await queryAs(shop.formerUrl, changed)).toEqual([{ tenant_id: shop.acme }]);
  });

  it('then reports, once a statement, who would meet row-level security, and lets everything pass', async () => {
    await applyAdoption(shop.admin, { ...target, until: 'observe', pauseMs: 0 });
    const client = new pg.Client({ connectionString: shop.formerUrl, application_name: 'nightly report' });
    const notices: string[] = [];
    client.on('notice', ({ code, message }) => code === 'TN010' && notices.push(message ?? ''));
    await client.connect();
    try {
      await client.query('SET client_min_messages = log');
      await client.query('BEGIN READ ONLY');
      const { rows } = await client.query('SELECT count(*)::int AS all FROM shop.customers');
      await client.query('COMMIT');
      expect(rows).toEqual([{ all: 52 }]);
      expect(notices).toEqual([
        expect.stringMatching(/without a scope.*former_\w+ \(nightly report\).*shop\.customers/),
      ]);

      await client.query(`SET app.tenant_id = '${shop.acme}'`);
      await client.query('SET enable_seqscan = off'); // the policy is asked before a condition that no index serves
      await client.query('SELECT FROM shop.customers WHERE id <= 50');
      expect(notices).toHaveLength(1);
      await client.query('SELECT FROM shop.customers');
      expect(notices).toEqual([expect.anything(), expect.stringContaining('meets another tenant')]);
    } finally {
      await client.end();
    }
    // The new application runs beside it, bound in full.
    const emails = await inTenant(shop, shop.other, 'SELECT email FROM shop.customers');
    expect(emails).toEqual([{ email: 'scoped' }]);
  });
});
