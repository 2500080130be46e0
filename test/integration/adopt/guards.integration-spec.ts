import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { createSignedScope, setScopeKeys } from '@parallax/tenant';
import type { BackfillWork } from '../../../src/tenant/setup/adopt/adoption-step.js';
import { applyAdoption } from '../../../src/tenant/setup/adopt/apply-adoption.js';
import { backfillTable, type BackfillState } from '../../../src/tenant/setup/adopt/backfill-table.js';
import { revertAdoption } from '../../../src/tenant/setup/adopt/revert-adoption.js';
import { verifyAdoption } from '../../../src/tenant/setup/adopt/verify-adoption.js';
import { type AdoptDatabase, createAdoptDatabase, inTenant, queryAs } from '../../support/adopt-database.js';
import { createShop } from '../../support/adopt-shop.js';
import { eventually } from '../../support/eventually.js';

describe('tenancy adopt, when something is in its way', () => {
  let shop: AdoptDatabase;
  let target: { schema: string; tenant: string; prefix: string; pauseMs: number };

  beforeEach(async () => {
    shop = await createAdoptDatabase();
    await createShop(shop);
    target = { schema: 'shop', tenant: 'acme', prefix: shop.database.prefix, pauseMs: 0 };
  });
  afterEach(() => shop.drop());

  const asFormer = async <T>(settings: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
    const client = new pg.Client({ connectionString: shop.formerUrl });
    await client.connect();
    try {
      await client.query(settings);
      return await work(client);
    } finally {
      await client.end();
    }
  };
  const unstamped = async (): Promise<number> =>
    (await shop.admin.query('SELECT FROM shop.customers WHERE tenant_id IS NULL')).rows.length;
  const failed = async (): Promise<unknown[]> =>
    (await verifyAdoption(shop.admin, target)).filter(({ ok }) => !ok);

  it('gives way to a long reader, and goes on when it ends', async () => {
    await asFormer('BEGIN; SELECT FROM shop.customers', async (reader) => {
      let retries = 0;
      const adoption = applyAdoption(shop.admin, {
        ...target,
        until: 'column',
        onProgress: (line) => {
          if (line.includes('in use')) retries += 1;
        },
      });
      // Ten times the bound: whoever queued behind the command until the reader ended would fail.
      await asFormer(`SET lock_timeout = '2s'`, async (application) => {
        while (retries < 3) await application.query('SELECT FROM shop.customers LIMIT 1');
      }).finally(() => reader.query('COMMIT'));
      expect((await adoption).done).toContain('column:shop.customers');
    });
  });

  it('leaves rows that the application holds for later, and waits for none', async () => {
    await applyAdoption(shop.admin, { ...target, until: 'stamp' });
    await asFormer('BEGIN; SELECT FROM shop.customers WHERE id = 3 FOR UPDATE', async (application) => {
      const adoption = applyAdoption(shop.admin, { ...target, until: 'backfill' });
      const watch = new pg.Client({ connectionString: shop.database.urls.admin });
      await watch.connect();
      try {
        await eventually('all rows but the held one are stamped', async () => {
          const { rows } = await watch.query('SELECT id FROM shop.customers WHERE tenant_id IS NULL');
          return JSON.stringify(rows) === '[{"id":3}]';
        });
      } finally {
        await watch.end();
        await application.query('COMMIT');
        await adoption;
      }
    });
    expect(await unstamped()).toBe(0);
  });

  it('rolls a batch back in which more than the tenant changed', async () => {
    await applyAdoption(shop.admin, { ...target, until: 'stamp' });
    // Made after the plan, which would have named it.
    await queryAs(shop.formerUrl, 'ALTER TABLE shop.customers ENABLE ALWAYS TRIGGER touch');
    const backfill = { ...target, until: 'backfill' as const };
    await expect(applyAdoption(shop.admin, backfill)).rejects.toThrow(/changed more than tenant_id/);
    expect(await unstamped()).toBe(50);
    await queryAs(shop.formerUrl, 'ALTER TABLE shop.customers ENABLE TRIGGER touch');
    await applyAdoption(shop.admin, backfill);
    expect(await unstamped()).toBe(0);
  });

  it('goes on with the backfill after the last batch that was committed', async () => {
    await applyAdoption(shop.admin, { ...target, until: 'stamp' });
    const { rows } = await shop.admin.query<{ work: BackfillWork }>(
      `SELECT step -> 'backfill' AS work FROM tenancy_adoptions WHERE id = 'backfill:shop.customers'`,
    );
    const work = rows[0]?.work as BackfillWork;
    const pace = { batchRows: 10, pauseMs: 0 };
    const states: BackfillState[] = [];
    const cut = backfillTable(shop.admin, work, null, pace, async (state) => {
      await Promise.resolve();
      if (states.push(state) === 2) throw new Error('cut off');
    });
    await expect(cut).rejects.toThrow('cut off');
    const committed = states[0] as BackfillState;
    expect([committed.last, committed.done, await unstamped()]).toEqual([['10'], 10, 40]);

    states.length = 0;
    await backfillTable(shop.admin, work, committed, pace, async (state) => {
      await Promise.resolve();
      states.push(state);
    });
    expect(states[0]).toMatchObject({ last: ['20'], done: 20, total: 50 });
    expect(await unstamped()).toBe(0);
  });

  it('refuses to take back what would give one key to two rows, and stays whole', async () => {
    await applyAdoption(shop.admin, target);
    const insert = `INSERT INTO shop.customers (id, email) VALUES (1, 'c1@example.org')`;
    await inTenant(shop, shop.other, insert);
    const back = { ...target, to: 'enforce' };
    await expect(revertAdoption(shop.admin, back)).rejects.toThrow(/two tenants hold the same key/);
    await applyAdoption(shop.admin, target);
    expect(await failed()).toEqual([]);
    await inTenant(shop, shop.other, 'DELETE FROM shop.customers');
    await revertAdoption(shop.admin, back);
  });

  it('asks for the proof where the scope is signed', async () => {
    const owner = new DataSource({ type: 'postgres', url: shop.database.urls.migration });
    await owner.initialize();
    try {
      const queryRunner = owner.createQueryRunner();
      await createSignedScope(queryRunner);
      await setScopeKeys(queryRunner, [randomBytes(48).toString('base64')]);
      await queryRunner.release();
    } finally {
      await owner.destroy();
    }
    await applyAdoption(shop.admin, target);
    expect(await failed()).toEqual([]);
    await expect(inTenant(shop, shop.acme, 'SELECT FROM shop.customers')).rejects.toThrow(/no proof/);
    await revertAdoption(shop.admin, { ...target, to: 'start' });
  });
});
