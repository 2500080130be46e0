import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { resolve } from 'node:path';
import fc from 'fast-check';
import pg from 'pg';
import { billingPeriod } from '../../../src/tenant/catalog/billing-period.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

const SEED = Number(process.env.MODEL_SEED ?? randomInt(2 ** 31));
/** With clocks that are set back and forth, by half an hour too, a day that was left out, and far from UTC. */
const ZONES = [
  'UTC',
  'America/New_York',
  'Europe/Berlin',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'America/St_Johns',
];

const moment = fc.date({ min: new Date('1971-01-01'), max: new Date('2199-12-31'), noInvalidDate: true });
/** About the ends of months, and hours at which clocks are set. */
const edge = fc
  .tuple(fc.integer({ min: 0, max: 2_400 }), fc.integer({ min: -3, max: 3 }), fc.integer({ min: 0, max: 48 }))
  .map(([months, days, halfHours]) => new Date(Date.UTC(1980, months, 1 + days, 0, 30 * halfHours)));
const either = fc.oneof(moment, edge);
const pairs = fc
  .sample(fc.tuple(either, either), { seed: SEED, numRuns: 2_000 })
  .map(([anchor, at]): [string, string] => [anchor.toISOString(), at.toISOString()]);
const expected = pairs.map(([anchor, at]) => {
  const { start, end } = billingPeriod(new Date(anchor), new Date(at));
  return { start: start.toISOString(), end: end.toISOString() };
});

describe(`billing periods (seed ${SEED})`, () => {
  let database: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase();
    client = new pg.Client({ connectionString: database.urls.control });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  it.each(ZONES)('are the same in a process of the zone %s', (zone) => {
    const answer = execFileSync(
      process.execPath,
      [resolve('test/support/typescript-hook.cjs'), resolve(__dirname, 'model/periods-of.ts')],
      { input: JSON.stringify(pairs), env: { ...process.env, TZ: zone }, maxBuffer: 2 ** 26 },
    );
    expect(JSON.parse(answer.toString())).toEqual({ zone, periods: expected });
  });

  it.each(ZONES)('are the same in a session of the time zone %s', async (zone) => {
    await client.query(`SET TimeZone TO '${zone}'`);
    const { rows } = await client.query<{ start: Date; end: Date }>(
      `SELECT p.period_start AS start, p.period_end AS end
       FROM unnest($1::timestamptz[], $2::timestamptz[]) WITH ORDINALITY AS given (anchor, at, position)
       CROSS JOIN LATERAL tenant_billing_period(given.anchor, given.at) p ORDER BY position`,
      [pairs.map(([anchor]) => anchor), pairs.map(([, at]) => at)],
    );
    const periods = rows.map(({ start, end }) => ({ start: start.toISOString(), end: end.toISOString() }));
    expect(periods).toEqual(expected);
  });
});
