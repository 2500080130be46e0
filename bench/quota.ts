import { type CountedApp, LARGE_LIMIT, SMALL_LIMIT, startCountedApp } from './quota/counted-app.js';
import type { Counter, OpenCounter } from './quota/counter.js';
import { type QuotaDatabase, startDatabase } from './quota/database.js';
import { openLoop, percentile } from './quota/open-loop.js';
import { ownCounters, type OwnName } from './quota/own-counters.js';
import { peerCounters, type PeerCounters, type PeerName } from './quota/peer-counters.js';
import { Report } from './support/report.js';
import { alternate, median, ratioOf, type RoundOptions } from './support/rounds.js';

/**
 * One tenant whom 200 callers want to count at once, on a server that waits for its disk. Ours, beside the best
 * ordinary way in SQL (one conditional update, prepared, committed by itself), beside rate-limiter-flexible, and beside
 * looking first and writing then. Pools are of one size; what callers were told is compared with what is on record.
 */

const quick = process.argv.includes('--quick');
const POOL_SIZE = 10;
const CALLERS = 200;
const ROUNDS: RoundOptions = quick
  ? { rounds: 3, millisecondsEach: 700, concurrency: CALLERS }
  : { rounds: 7, millisecondsEach: 1_000, concurrency: CALLERS };
const CALLS_AT_A_LIMIT = 10_000;
const NEIGHBOUR = { perSecond: 100, milliseconds: quick ? 1_000 : 4_000 };
const NEIGHBOUR_ROUNDS = quick ? 1 : 3;

type Name = OwnName | PeerName;
type Counters = Record<Name, OpenCounter>;

const report = new Report('quota');

/** Counts what callers are told, for `check` to compare. */
class Told {
  #admitted = 0;

  constructor(private readonly counter: Counter) {}

  static async by(open: OpenCounter, plan: 'small' | 'large'): Promise<Told> {
    return new Told(await open(plan));
  }

  get admitted(): number {
    return this.#admitted;
  }

  readonly take = async (): Promise<boolean> => {
    const isAdmitted = await this.counter.take();
    if (isAdmitted) this.#admitted += 1;
    return isAdmitted;
  };

  async check(name: string): Promise<void> {
    const used = await this.counter.used();
    if (used !== this.#admitted || used === 0)
      throw new Error(`${name}: ${this.#admitted} were admitted, ${used} are on record.`);
  }
}

async function admitting(counters: Counters): Promise<void> {
  const names: Name[] = [
    'coalesced',
    'check-quota',
    'keyed',
    'reserve+commit',
    'conditional-update',
    'rate-limiter-flexible',
  ];
  const told = new Map<Name, Told>();
  for (const name of names) told.set(name, await Told.by(counters[name], 'large'));
  const requests = [...told].map(([name, { take }]) => [name, take] as const);
  const measured = await alternate(Object.fromEntries(requests) as Record<Name, Told['take']>, ROUNDS);
  for (const [name, each] of told) await each.check(name);
  for (const name of names) {
    report.figure(`${name}, admitted`, Math.round(median(measured[name].map(({ rate }) => rate))), '/s');
    report.figure(`${name}, p50`, median(measured[name].map(({ p50 }) => p50)), 'ms');
  }
  for (const own of ['coalesced', 'check-quota', 'keyed', 'reserve+commit'] as const) {
    for (const peer of ['conditional-update', 'rate-limiter-flexible'] as const) {
      report.ratio(`${own}/${peer}`, ratioOf(measured[own], measured[peer]), 'calls admitted a second');
    }
  }
}

async function atTheLimit(counters: Counters): Promise<void> {
  const names: Name[] = ['coalesced', 'conditional-update', 'rate-limiter-flexible', 'check-then-update'];
  const full = new Map<Name, Told>();
  for (const name of names) {
    const told = await Told.by(counters[name], 'small');
    full.set(name, told);
    let calls = CALLS_AT_A_LIMIT;
    await Promise.all(
      Array.from({ length: CALLERS }, async () => {
        while (calls-- > 0) await told.take();
      }),
    );
    report.figure(`${name}, admitted of ${SMALL_LIMIT}`, told.admitted);
    if (name !== 'check-then-update' && told.admitted !== SMALL_LIMIT)
      throw new Error(`${name} admitted ${told.admitted}.`);
  }
  const refusing = names.filter((name) => name !== 'check-then-update');
  const requests = refusing.map((name) => [name, full.get(name)?.take] as const);
  const measured = await alternate(Object.fromEntries(requests) as Record<Name, Told['take']>, ROUNDS);
  for (const name of refusing) {
    report.figure(`${name}, refused`, Math.round(median(measured[name].map(({ rate }) => rate))), '/s');
    if (full.get(name)?.admitted !== SMALL_LIMIT) throw new Error(`${name} admitted more.`);
  }
  report.ratio(
    'coalesced/conditional-update refused',
    ratioOf(measured.coalesced, measured['conditional-update']),
    'calls refused a second',
  );
}

/** A tenant of its own, with nothing to wait for but what the others do to it. */
async function neighbours(counters: Counters): Promise<void> {
  const names = ['coalesced', 'conditional-update', 'rate-limiter-flexible'] as const;
  const times = new Map<string, number[]>();
  for (let round = 0; round < NEIGHBOUR_ROUNDS; round += 1) {
    for (const name of names) {
      for (const callers of [0, CALLERS]) {
        const what = `${name}, another tenant beside ${callers} callers`;
        times.set(what, [...(times.get(what) ?? []), ...(await besideCallers(counters[name], callers))]);
      }
    }
  }
  for (const [what, each] of times) {
    report.figure(`${what}, p50`, percentile(each, 50), 'ms');
    report.figure(`${what}, p99`, percentile(each, 99), 'ms');
  }
  const p99 = (name: string): number =>
    percentile(times.get(`${name}, another tenant beside ${CALLERS} callers`) ?? [], 99);
  for (const peer of names.slice(1)) {
    report.ratio(
      `coalesced/${peer} p99 of another tenant`,
      p99(peer) / p99('coalesced'),
      `${p99('coalesced').toFixed(1)} and ${p99(peer).toFixed(1)} ms`,
    );
  }
}

async function besideCallers(open: OpenCounter, callers: number): Promise<number[]> {
  const [hot, other] = [await Told.by(open, 'large'), await Told.by(open, 'large')];
  await other.take();
  let isOver = false;
  const crowd = Array.from({ length: callers }, async () => {
    while (!isOver) await hot.take();
  });
  const times = await openLoop(other.take, NEIGHBOUR);
  isOver = true;
  await Promise.all(crowd);
  await other.check('another tenant');
  if (callers > 0) await hot.check('the crowded tenant');
  return times;
}

async function measure(database: QuotaDatabase, app: CountedApp, peers: PeerCounters): Promise<void> {
  for (const name of ['server_version', 'fsync', 'synchronous_commit', 'shared_buffers'])
    report.figure(name, await database.setting(name));
  report.figure('pool size', POOL_SIZE);
  report.figure('callers', CALLERS);
  report.figure('limit', LARGE_LIMIT);
  report.figure('rounds', `${ROUNDS.rounds} of ${ROUNDS.millisecondsEach} ms each, medians`);
  report.figure(
    'another tenant',
    `${NEIGHBOUR.perSecond} calls/s by the clock, ${NEIGHBOUR_ROUNDS} x ${NEIGHBOUR.milliseconds} ms, from the time each was due`,
  );
  const counters = { ...ownCounters(app, database.admin), ...peers.open };
  for (const part of [admitting, atTheLimit, neighbours]) await part(counters);
}

async function main(): Promise<void> {
  const database = await startDatabase();
  try {
    const app = await startCountedApp(database.controlUrl, POOL_SIZE);
    const peers = await peerCounters(database.adminUrl, POOL_SIZE);
    await measure(database, app, peers);
    await peers.close();
    await app.close();
  } finally {
    await database.stop();
  }
  report.end();
}

void main();
