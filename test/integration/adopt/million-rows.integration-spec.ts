import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AdoptDatabase, createAdoptDatabase, queryAs } from '../../support/adopt-database.js';
import { startTraffic } from '../../support/adopt-traffic.js';
import { eventually } from '../../support/eventually.js';

const ROWS = 1_000_000;
const CHILDREN = 200_000;

describe('adopting a table of a million rows under a running application', () => {
  let shop: AdoptDatabase;
  const options = ['--schema', 'shop', '--tenant', 'acme', '--batch', '5000', '--pause', '0'];

  beforeAll(async () => {
    shop = await createAdoptDatabase();
    await queryAs(
      shop.formerUrl,
      `CREATE UNLOGGED TABLE shop.items (id serial PRIMARY KEY, name text NOT NULL, price integer NOT NULL DEFAULT 0);
       INSERT INTO shop.items (name) SELECT 'item ' || n FROM generate_series(1, ${ROWS}) n;
       CREATE UNLOGGED TABLE shop.parts (id serial PRIMARY KEY, item_id integer NOT NULL);
       INSERT INTO shop.parts (item_id) SELECT n FROM generate_series(1, ${CHILDREN}) n;
       CREATE INDEX ON shop.parts (item_id);
       ALTER TABLE shop.parts ADD FOREIGN KEY (item_id) REFERENCES shop.items ON DELETE CASCADE;
       ANALYZE shop.items; ANALYZE shop.parts`,
    );
  }, 120_000);
  afterAll(() => shop.drop());

  it('fails no statement of it, though the backfill is killed half-way', async () => {
    const traffic = startTraffic(shop.formerUrl);
    try {
      await killInBackfill(shop, [...options, '--until', 'observe']);
      const killedAt = await backfilled(shop);
      expect(killedAt).toBeGreaterThan(0);
      expect(killedAt).toBeLessThan(ROWS);

      const { code, err } = await shop.adopt('apply', ...options, '--until', 'observe');
      expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
      expect(err).toMatch(/going on after \d+ of \d+ rows/);
      expect(await backfilled(shop)).toBeGreaterThan(killedAt);
    } finally {
      const { failures, statements, slowest } = await traffic.stop();
      process.stdout.write(
        `The application ran ${statements} statements; the slowest took ${slowest.ms} ms, waits included: ${slowest.sql}\n`,
      );
      expect(failures).toEqual([]);
    }
    const { code, err } = await shop.adopt('apply', ...options);
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    const verified = await shop.adopt('verify');
    expect({ code: verified.code, failed: verified.out.match(/^FAIL.*$/gm) }).toEqual({
      code: 0,
      failed: null,
    });
  }, 300_000);
});

/** Starts the command and ends it as an outage would, when some of the rows are done. */
async function killInBackfill(shop: AdoptDatabase, argv: readonly string[]): Promise<void> {
  const source = ['typescript-hook.cjs', 'tenancy.ts'].map((file) => join(__dirname, '../../support', file));
  const all = [
    '--conditions=@parallax/source',
    ...source,
    'adopt',
    'apply',
    ...argv,
    '--prefix',
    shop.database.prefix,
  ];
  const child: ChildProcess = spawn(process.execPath, all, {
    cwd: tmpdir(),
    env: { PATH: process.env.PATH, ADMIN_DATABASE_URL: shop.database.urls.admin },
    stdio: 'ignore',
  });
  const exit = once(child, 'exit');
  try {
    await eventually('some rows are backfilled', async () => {
      if (child.exitCode !== null) throw new Error(`The command ended by itself: ${child.exitCode}`);
      return (await backfilled(shop)) > 50_000;
    });
  } finally {
    child.kill('SIGKILL');
    await exit;
  }
}

async function backfilled({ admin }: AdoptDatabase): Promise<number> {
  const { rows: there } = await admin.query(`SELECT FROM pg_tables WHERE tablename = 'tenancy_adoptions'`);
  if (there.length === 0) return 0;
  const { rows } = await admin.query<{ done: string | null }>(
    `SELECT state ->> 'done' AS done FROM public.tenancy_adoptions WHERE id = 'backfill:shop.items'`,
  );
  return Number(rows[0]?.done ?? 0);
}
