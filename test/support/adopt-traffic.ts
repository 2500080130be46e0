import pg from 'pg';

/** What the application saw while its tables were adopted under it. */
export interface Traffic {
  readonly failures: string[];
  readonly statements: number;
  /** Milliseconds of the slowest statement, and which it was: waits for locks are in it. */
  readonly slowest: { readonly ms: number; readonly sql: string };
}

const WRITES = [
  `INSERT INTO shop.items (name) VALUES ('new') RETURNING id`,
  `UPDATE shop.items SET price = price + 1 WHERE id = $1`,
  `INSERT INTO shop.parts (item_id) VALUES ($1)`,
  `DELETE FROM shop.parts WHERE id = $1`,
  `INSERT INTO shop.items (id, name) VALUES ($1, 'again')
     ON CONFLICT (id) DO UPDATE SET name = excluded.name`,
];
const READS = [
  `SELECT id, name FROM shop.items WHERE id = $1`,
  `SELECT i.id, i.name, count(p.id) FROM shop.items i JOIN shop.parts p ON p.item_id = i.id
     WHERE i.id BETWEEN $1 AND $1::integer + 100 GROUP BY i.id`,
];

/** Runs an ordinary application against the tables, on connections of its own, until it is stopped. */
export function startTraffic(url: string): { stop(): Promise<Traffic> } {
  const failures: string[] = [];
  let [running, statements, slowest] = [true, 0, { ms: 0, sql: '' }];

  const timed = async (client: pg.Client, sql: string): Promise<void> => {
    const start = performance.now();
    await client
      .query(sql, sql.includes('$1') ? [1 + Math.floor(Math.random() * 200_000)] : [])
      .catch((error: unknown) => failures.push(`${String(error)}: ${sql}`));
    const ms = Math.round(performance.now() - start);
    statements += 1;
    if (ms > slowest.ms) slowest = { ms, sql };
  };
  const work = async (statementsOf: readonly string[], inTransaction: boolean): Promise<void> => {
    const client = new pg.Client({ connectionString: url, application_name: 'shop' });
    client.on('error', () => undefined); // a failed suite ends the server under it
    await client.connect();
    while (running) {
      if (inTransaction) await timed(client, 'BEGIN');
      for (const sql of statementsOf) await timed(client, sql);
      if (inTransaction) await timed(client, 'COMMIT');
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await client.end();
  };
  const workers = [work(WRITES, false), work(WRITES, true), work(READS, false), work(READS, true)];
  return {
    async stop() {
      running = false;
      await Promise.all(workers);
      return { failures, statements, slowest };
    },
  };
}
