import { randomUUID } from 'node:crypto';
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Tenant, TenantCache, type TenantStore } from '@parallax/tenant';

/**
 * TenantCache beside what one would write in its place: a Map with a time per entry and, where it must be bounded,
 * in the order of use. Measured are the look-ups, what a copy weighs, how often a look-up hits when not all fit,
 * and how long the event loop stands still. The store is this process's memory: what a miss costs is not measured.
 */

const TENANTS = 100_000;
const KEPT_OF_MANY = 10_000;
const LOOK_UPS = 300_000;
/** So many look-ups between two turns of the event loop. */
const LOOK_UPS_A_TURN = 100;
const ROUNDS = 5;
const TTL_MS = 3_600_000;

type Reference = { readonly id: string } | { readonly slug: string };
type Find = (reference: Reference) => Promise<Tenant | undefined>;
type Store = Pick<TenantStore, 'findById' | 'findBySlug'>;

const ids = Array.from({ length: TENANTS }, () => randomUUID());
const byId = ids.map((id) => ({ id }));
const bySlug = ids.map((_, at) => ({ slug: `tenant-${at}` }));
const positions = new Map<string, number>(ids.map((id, at) => [id, at]));

/** Each answer is an object of its own, as from a database. */
const store: Store = {
  findById: (id) => Promise.resolve(rowOf(positions.get(id) ?? -1)),
  findBySlug: (slug) => Promise.resolve(rowOf(Number(slug.slice('tenant-'.length)))),
};

function rowOf(at: number): Tenant | undefined {
  const id = ids[at];
  if (id === undefined) return undefined;
  return {
    id,
    name: `Tenant number ${at}`,
    slug: `tenant-${at}`,
    status: 'active',
    statusReason: null,
    plan: 'starter',
    planVersion: 1,
    scheduledPlan: null,
    metadata: { contactName: `Contact ${at}`, contactEmail: `contact-${at}@example.com` },
    limits: {},
    priceCents: null,
    periodAnchor: new Date(at),
    placement: 'shared',
    createdAt: new Date(at),
    updatedAt: new Date(at),
    deletedAt: null,
  };
}

/** The peer: no order of use unless it must be bounded, nothing frozen, nothing shared between misses. */
function plainMap(most = Infinity): Find {
  const entries = new Map<string, { tenant: Tenant; until: number }>();
  return async (reference) => {
    const key = 'id' in reference ? reference.id : reference.slug;
    const entry = entries.get(key);
    if (entry && entry.until > performance.now()) {
      if (most < Infinity) {
        entries.delete(key);
        entries.set(key, entry);
      }
      return entry.tenant;
    }
    const tenant = await ('id' in reference ? store.findById(key) : store.findBySlug(key));
    if (tenant) entries.set(key, { tenant, until: performance.now() + TTL_MS });
    const [oldest] = entries.size > most ? entries.keys() : [];
    if (oldest !== undefined) entries.delete(oldest);
    return tenant;
  };
}

const cacheOf = (maxTenants: number): TenantCache =>
  new TenantCache(store, { ttlMs: TTL_MS, maxStaleMs: TTL_MS, maxTenants });
const finder =
  (cache: TenantCache): Find =>
  (reference) =>
    cache.find(reference);

/** Positions drawn evenly, the same for everybody. */
function evenly(): Uint32Array {
  const draw = random(1);
  return Uint32Array.from({ length: LOOK_UPS }, () => Math.floor(draw() * TENANTS));
}

/** Positions drawn by Zipf's law (s = 1): the tenant at rank k is asked for with a frequency of 1/k. */
function byZipf(): Uint32Array {
  const draw = random(2);
  const sums = new Float64Array(TENANTS);
  for (let at = 0; at < TENANTS; at += 1) sums[at] = (sums[at - 1] ?? 0) + 1 / (at + 1);
  const total = sums[TENANTS - 1] ?? 0;
  return Uint32Array.from({ length: LOOK_UPS }, () => firstNotBelow(sums, draw() * total));
}

function firstNotBelow(sums: Float64Array, value: number): number {
  let [low, high] = [0, sums.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sums[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** mulberry32: seeded, so that each run asks for the same. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Look-ups a second. Fails when an answer is not the tenant asked for. */
async function rate(find: Find, references: readonly Reference[], order: Uint32Array): Promise<number> {
  const startedAt = performance.now();
  for (let turn = 0; turn < order.length; turn += LOOK_UPS_A_TURN) {
    for (const at of order.subarray(turn, turn + LOOK_UPS_A_TURN)) {
      const reference = references[at];
      const tenant = reference && (await find(reference));
      if (tenant?.id !== ids[at]) throw new Error(`Asked for tenant ${at}, got another.`);
    }
    await nextTurn();
  }
  return order.length / ((performance.now() - startedAt) / 1_000);
}

const inOrder = Uint32Array.from({ length: TENANTS }, (_, at) => at);

interface Comparison {
  readonly ours: number;
  readonly peer: number;
}

async function compare(
  ours: Find,
  peer: Find,
  references: readonly Reference[],
  order: Uint32Array,
): Promise<Comparison> {
  const rates: { ours: number[]; peer: number[] } = { ours: [], peer: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    rates.ours.push(await rate(ours, references, order));
    rates.peer.push(await rate(peer, references, order));
  }
  return { ours: median(rates.ours), peer: median(rates.peer) };
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}

interface Filling {
  /** Bytes of heap, keys and indexes included. */
  readonly bytesEach: number;
  readonly pauses: Pauses;
}

async function fill(find: Find): Promise<Filling> {
  const before = heapUsed();
  const pauses = await longestPauses(() => rate(find, bySlug, inOrder));
  return { bytesEach: Math.round((heapUsed() - before) / TENANTS), pauses };
}

function heapUsed(): number {
  if (!global.gc) throw new Error('Run it by npm run bench:tenant-cache, which gives node --expose-gc.');
  global.gc();
  return process.memoryUsage().heapUsed;
}

/** The longest time that something stood still, in milliseconds. */
interface Pauses {
  readonly loop: number;
  readonly collection: number;
}

async function longestPauses(work: () => Promise<unknown>): Promise<Pauses> {
  let collection = 0;
  const observer = new PerformanceObserver((list) => {
    collection = Math.max(collection, ...list.getEntries().map(({ duration }) => duration));
  });
  observer.observe({ entryTypes: ['gc'] });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await work();
  delay.disable();
  await nextTurn();
  observer.disconnect();
  return { loop: delay.max / 1e6, collection };
}

const rounded = (value: number, digits = 2): number => Number(value.toFixed(digits));
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const perSecond = ({ ours, peer }: Comparison): string =>
  `${(ours / 1e6).toFixed(2)} M/s, Map ${(peer / 1e6).toFixed(2)} M/s (${(ours / peer).toFixed(2)}x)`;

async function main(): Promise<void> {
  say(
    `${TENANTS} tenants, ${LOOK_UPS} look-ups a round, ${ROUNDS} rounds in turn, medians; ttl ${TTL_MS} ms ` +
      `(nothing expires); store in memory; one turn of the event loop per ${LOOK_UPS_A_TURN} look-ups; ` +
      `node ${process.version}`,
  );
  const all = cacheOf(TENANTS);
  const map = plainMap();
  const { bytesEach: mapBytes } = await fill(map);
  const { bytesEach: bytes, pauses: filling } = await fill(finder(all));
  const even = evenly();
  await rate(map, byId, inOrder); // the Map has a key of its own for each way of asking

  const fitting = {
    id: await compare(finder(all), map, byId, even),
    slug: await compare(finder(all), map, bySlug, even),
  };
  const asking = await longestPauses(() => rate(finder(all), bySlug, even));

  const some = cacheOf(KEPT_OF_MANY);
  const skewed = byZipf();
  const crowded = await compare(finder(some), plainMap(KEPT_OF_MANY), bySlug, skewed);
  const { hits, misses, entries } = some.stats();
  const hitRate = hits / (hits + misses);

  const clearedAt = performance.now();
  all.clear();
  const clearMs = performance.now() - clearedAt;

  say(`a copy weighs:           ${bytes} bytes, in the Map ${mapBytes}`);
  say(`by id, all kept:         ${perSecond(fitting.id)}`);
  say(`by slug, all kept:       ${perSecond(fitting.slug)}`);
  say(`Zipf, ${entries} kept:      ${perSecond(crowded)}, ${(hitRate * 100).toFixed(1)} % hits`);
  say(
    `longest pauses:          filling ${filling.loop.toFixed(1)} ms (collection ${filling.collection.toFixed(1)}), ` +
      `asking ${asking.loop.toFixed(1)} ms (${asking.collection.toFixed(1)}), dropping all ${clearMs.toFixed(1)} ms`,
  );
  if (!process.argv.includes('--json')) return;
  say(
    JSON.stringify({
      bench: 'tenant-cache',
      ratios: {
        'TenantCache/Map find by id': rounded(fitting.id.ours / fitting.id.peer),
        'TenantCache/Map find by slug': rounded(fitting.slug.ours / fitting.slug.peer),
        'TenantCache/Map Zipf': rounded(crowded.ours / crowded.peer),
        'TenantCache/Map memory': rounded(mapBytes / bytes),
      },
      figures: {
        tenants: TENANTS,
        bytesPerTenant: bytes,
        bytesPerTenantMap: mapBytes,
        findsPerSecondById: Math.round(fitting.id.ours),
        findsPerSecondBySlug: Math.round(fitting.slug.ours),
        hitRateZipf: rounded(hitRate, 4),
        longestPauseFillingMs: rounded(filling.loop),
        longestPauseAskingMs: rounded(asking.loop),
        longestCollectionMs: rounded(Math.max(filling.collection, asking.collection)),
        clearMs: rounded(clearMs),
      },
    }),
  );
}

void main();
