import { inspectIsolation } from '@parallax/tenant';
import { applyAdoption } from '../../../src/tenant/setup/adopt/apply-adoption.js';
import { revertAdoption } from '../../../src/tenant/setup/adopt/revert-adoption.js';
import { type AdoptDatabase, createAdoptDatabase, inTenant, queryAs } from '../../support/adopt-database.js';
import { createShop, describeShop } from '../../support/adopt-shop.js';

const PHASES = ['column', 'stamp', 'backfill', 'not-null', 'keys', 'observe', 'enforce', 'swap'];

describe('tenancy adopt', () => {
  let shop: AdoptDatabase;
  const options = ['--schema', 'shop', '--tenant', 'acme', '--pause', '0'];

  const data = async (): Promise<unknown> =>
    (
      await shop.admin.query(`SELECT
        (SELECT md5(string_agg(ROW(id, email, referred_by, "Favourite, Colour", shout, changed_at)::text, '|' ORDER BY id))
          FROM shop.customers) AS customers,
        (SELECT md5(string_agg(ROW(id, customer_email, customer_id, number)::text, '|' ORDER BY id)) FROM shop.orders) AS orders,
        (SELECT md5(string_agg(ROW(order_id, position)::text, '|' ORDER BY order_id, position)) FROM shop.lines) AS lines`)
    ).rows;

  beforeEach(async () => {
    shop = await createAdoptDatabase();
    await createShop(shop);
  });
  afterEach(() => shop.drop());

  it('takes back every single step, and leaves the database as it was', async () => {
    const target = { schema: 'shop', tenant: shop.acme, prefix: shop.database.prefix, pauseMs: 0 };
    const steps: string[] = [];
    const states: string[][] = [await describeShop(shop)];
    const values = await data();
    for (;;) {
      const { done, left } = await applyAdoption(shop.admin, { ...target, one: true });
      steps.push(...done);
      states.push(await describeShop(shop));
      if (left.length === 0) break;
    }
    expect(new Set(steps.map((step) => step.split(':')[0]))).toEqual(new Set(PHASES));

    for (const [index, step] of [...steps.entries()].reverse()) {
      const to = steps[index - 1] ?? 'start';
      expect(await revertAdoption(shop.admin, { to, prefix: shop.database.prefix })).toEqual([step]);
      expect({ step, state: await describeShop(shop) }).toEqual({ step, state: states[index] });
    }
    expect(await data()).toEqual(values);
  }, 300_000);

  it('ends with the keys, values and rights that verify asks for, and two tenants apart', async () => {
    const values = await data();
    const before = await shop.adopt('verify');
    expect(before.code).toBe(1);
    const applied = await shop.adopt('apply', ...options);
    expect({ code: applied.code, err: applied.code === 0 ? '' : applied.err }).toEqual({ code: 0, err: '' });
    const verified = await shop.adopt('verify');
    expect({ code: verified.code, failed: verified.out.match(/^FAIL.*$/gm) }).toEqual({
      code: 0,
      failed: null,
    });
    expect(await data()).toEqual(values);

    // A policy that kept its name and lost its meaning is none of the generated ones.
    const { rows: policies } = await shop.admin.query<{ name: string }>(
      `SELECT polname AS name FROM pg_policy WHERE polrelid = 'shop.customers'::regclass AND polname LIKE 'tenant_app%'`,
    );
    const policy = policies[0]!.name;
    const { rows: meant } = await shop.admin.query<{ check: string }>(
      `SELECT pg_get_expr(polwithcheck, polrelid) AS check FROM pg_policy WHERE polname = $1 AND polrelid = 'shop.customers'::regclass`,
      [policy],
    );
    await shop.admin.query(`ALTER POLICY ${policy} ON shop.customers WITH CHECK (true)`);
    const widened = await shop.adopt('verify');
    expect(widened.out).toContain('another meaning');
    expect(widened.code).not.toBe(0);
    await shop.admin.query(`ALTER POLICY ${policy} ON shop.customers WITH CHECK (${meant[0]!.check})`);

    const { findings } = await inspectIsolation(shop.admin, { roles: shop.database.roles });
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);

    const emailsOf = async (tenant: string): Promise<unknown> =>
      (
        await inTenant(
          shop,
          tenant,
          'SELECT email FROM shop.customers WHERE id = 10 OR id = 1 ORDER BY id DESC LIMIT 1',
        )
      )[0];
    const email = 'c10@example.org';
    expect(await emailsOf(shop.acme)).toEqual({ email });
    expect(await emailsOf(shop.other)).toBeUndefined();
    // The same key in both, by each way there is to be unique: the keys lead with the tenant now.
    await inTenant(shop, shop.other, `INSERT INTO shop.customers (id, email) VALUES (1, '${email}')`);
    expect(await emailsOf(shop.other)).toEqual({ email });
    await expect(
      inTenant(shop, shop.acme, `INSERT INTO shop.customers (id, email) VALUES (1000, '${email}')`),
    ).rejects.toMatchObject({ code: '23505' });
    // A reference to a row of another tenant is to none.
    const order = (customer: number): string => `INSERT INTO shop.orders (customer_id) VALUES (${customer})`;
    await expect(inTenant(shop, shop.other, order(2))).rejects.toMatchObject({ code: '23503' });
    await inTenant(shop, shop.other, order(1));
    await inTenant(shop, shop.acme, 'DELETE FROM shop.lines');
    // ON DELETE SET NULL clears the reference and leaves the tenant; ON DELETE CASCADE goes no further than it.
    await inTenant(shop, shop.acme, 'DELETE FROM shop.customers WHERE id = 1');
    expect(
      await inTenant(shop, shop.acme, 'SELECT referred_by, tenant_id FROM shop.customers WHERE id = 2'),
    ).toEqual([{ referred_by: null, tenant_id: shop.acme }]);
    expect(await inTenant(shop, shop.other, 'SELECT customer_id FROM shop.orders')).toEqual([
      { customer_id: 1 },
    ]);
    await expect(queryAs(shop.formerUrl, 'SELECT FROM shop.customers')).rejects.toMatchObject({
      code: '42501',
    });
    const again = await shop.adopt('apply', ...options, '--json');
    expect(JSON.parse(again.out)).toEqual({ done: [], left: [] });
  }, 120_000);
});
