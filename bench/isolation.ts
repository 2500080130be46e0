import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import {
  FEW,
  MANY,
  SEARCHED,
  startDatabase,
  type TableSize,
  uuidOf,
  VERY_MANY,
} from './isolation/database.js';
import { type DocumentClass, documentIn, type Reader } from './isolation/documents.js';
import { openVariants, type Variant, type VariantName } from './isolation/variants.js';
import { Report } from './support/report.js';
import { alternate, median, ratioOf, type Round, type RoundOptions } from './support/rounds.js';

/**
 * Both nets as shipped, beside TypeORM with the tenant's condition written by hand (stock; and with every statement
 * prepared, which TypeORM does not do), and beside what is usually done for row-level security: a transaction for each
 * request, by hand and by the transactional plugin of nestjs-cls. Same server, table, indexes and size of pool; each
 * variant first has to give the same rows.
 */

const quick = process.argv.includes('--quick');
const POOL_SIZE = 8;
/** Of those in a table, spread evenly: so many are asked for. */
const ASKED_TENANTS = 50;
const BASE: Omit<RoundOptions, 'concurrency'> = quick
  ? { rounds: 3, millisecondsEach: 150 }
  : { rounds: 7, millisecondsEach: 400 };

type Work = (reader: Reader) => Promise<unknown>;
type Variants = Record<VariantName, Variant>;
type Measured = Partial<Record<VariantName, Round[]>>;

const report = new Report('isolation');
const SIZES = [FEW, MANY, VERY_MANY, SEARCHED];
const entities = new Map(SIZES.map((size) => [size, documentIn(size.table)]));

function entityOf(size: TableSize): DocumentClass {
  const entity = entities.get(size);
  if (!entity) throw new Error(`No entity for ${size.table}.`);
  return entity;
}

function tenantsOf({ tenants }: TableSize): string[] {
  const step = Math.max(1, Math.floor(tenants / ASKED_TENANTS));
  return Array.from({ length: Math.min(tenants, ASKED_TENANTS) }, (_, at) => uuidOf(1 + at * step));
}

/** Requests of one tenant after another, each doing the same. */
function requestsOf(variant: Variant, size: TableSize, work: Work): () => Promise<unknown> {
  const entity = entityOf(size);
  const tenantIds = tenantsOf(size);
  let at = 0;
  return () => {
    at = (at + 1) % tenantIds.length;
    return variant.request(tenantIds[at] ?? '', entity, work);
  };
}

async function measure(
  variants: Variants,
  names: readonly VariantName[],
  size: TableSize,
  work: Work,
  concurrency: number,
): Promise<Measured> {
  await assertSameRows(variants, names, size, work);
  const requests = names.map((name) => [name, requestsOf(variants[name], size, work)] as const);
  return alternate(Object.fromEntries(requests) as Record<VariantName, () => Promise<unknown>>, {
    ...BASE,
    concurrency,
  });
}

async function assertSameRows(
  variants: Variants,
  names: readonly VariantName[],
  size: TableSize,
  work: Work,
): Promise<void> {
  const entity = entityOf(size);
  const [tenantId] = tenantsOf(size) as [string];
  const answers: string[] = [];
  for (const name of names) {
    let answer: unknown;
    await variants[name].request(tenantId, entity, async (reader) => (answer = await work(reader)));
    answers.push(JSON.stringify(answer));
  }
  if (answers[0] === undefined || answers[0].length < 50 || answers.some((answer) => answer !== answers[0])) {
    throw new Error(`Not the same rows: ${names.map((name, at) => `${name} ${answers[at]}`).join('\n')}`);
  }
}

function compare(measured: Measured, what: string): void {
  const { scoped = [], ...peers } = measured;
  for (const [peer, rounds] of Object.entries(peers)) {
    const [ours, theirs] = [scoped, rounds].map((each) => Math.round(median(each.map(({ rate }) => rate))));
    report.ratio(`scoped/${peer} ${what}`, ratioOf(scoped, rounds), `${ours} and ${theirs} requests/s`);
  }
}

const ALL: VariantName[] = ['scoped', 'stock', 'stock-prepared', 'transaction', 'nestjs-cls'];
const byId =
  (statements: number): Work =>
  async (reader) => {
    let last: unknown;
    for (let at = 0; at < statements; at += 1) last = await reader.byId(uuidOf(1 + (at % 10)));
    return last;
  };

async function readsById(variants: Variants): Promise<void> {
  for (const concurrency of [1, 16]) {
    for (const statements of [1, 5, 20]) {
      const measured = await measure(variants, ALL, MANY, byId(statements), concurrency);
      compare(measured, `by id, ${statements} per request, concurrency ${concurrency}`);
    }
    const pages = await measure(variants, ALL, MANY, (reader) => reader.page(), concurrency);
    compare(pages, `page of 10, concurrency ${concurrency}`);
  }
}

async function manyTenants(variants: Variants): Promise<void> {
  const medians: number[] = [];
  for (const size of [FEW, MANY, VERY_MANY]) {
    const { scoped = [] } = await measure(variants, ['scoped'], size, byId(1), 1);
    const p50 = median(scoped.map(({ p50 }) => p50));
    medians.push(p50);
    report.figure(`p50 by id, ${size.tenants} tenants in the table`, p50 * 1_000, 'us');
  }
  report.figure('p50, slowest to fastest of these', Math.max(...medians) / Math.min(...medians), 'x');
}

async function searches(variants: Variants): Promise<void> {
  const peers: VariantName[] = ['scoped', 'stock'];
  compare(
    await measure(variants, peers, SEARCHED, (reader) => reader.titled('%document 777 %'), 1),
    'ilike on 150,000 rows',
  );
  compare(
    await measure(variants, peers, SEARCHED, (reader) => reader.withBody({ number: 777 }), 1),
    'jsonb @> on 150,000 rows',
  );
}

/** A request that asks, waits for something else, and asks again. */
async function waitingHandlers(variants: Variants): Promise<void> {
  const waiting: Work = async (reader) => {
    await reader.byId(uuidOf(1));
    await delay(20);
    return reader.byId(uuidOf(2));
  };
  const measured = await measure(variants, ['scoped', 'transaction'], MANY, waiting, 4 * POOL_SIZE);
  compare(measured, `waiting 20 ms between two reads, ${4 * POOL_SIZE} at once, pool of ${POOL_SIZE}`);
  for (const name of ['scoped', 'transaction'] as const) {
    const { master } = variants[name].dataSource.driver as unknown as { master: pg.Pool };
    let held = 0;
    await requestsOf(variants[name], MANY, async (reader) => {
      await reader.byId(uuidOf(1));
      held = master.totalCount - master.idleCount;
    })();
    report.figure(`connections held by a waiting request, ${name}`, held);
  }
}

async function main(): Promise<void> {
  const database = await startDatabase(SIZES);
  try {
    for (const name of ['server_version', 'fsync', 'synchronous_commit', 'shared_buffers']) {
      report.figure(name, await database.setting(name));
    }
    report.figure('pool size', POOL_SIZE);
    report.figure('rounds', `${BASE.rounds} of ${BASE.millisecondsEach} ms each, medians`);
    const asked = new Set(SIZES.flatMap(tenantsOf));
    const variants = await openVariants(database, [...entities.values()], [...asked], POOL_SIZE);
    for (const part of [readsById, manyTenants, searches, waitingHandlers]) await part(variants);
    for (const variant of Object.values(variants)) await variant.close();
  } finally {
    await database.stop();
  }
  report.end();
}

void main();
