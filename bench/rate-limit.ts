import { RedisServer } from '../test/support/redis-server.js';
import { bytesPerKey, longestPause } from './rate-limit/footprint.js';
import type { OpenLimiter } from './rate-limit/limiter.js';
import { type LimiterName, memoryLimiters, ownLimiter } from './rate-limit/memory-limiters.js';
import { redisLimiters } from './rate-limit/redis-limiters.js';
import { decisionsPerSecond, manyKeys, oneKeyAtATime, type Workload } from './rate-limit/workload.js';
import { Report } from './support/report.js';
import { median } from './support/rounds.js';

/**
 * Decisions a second of RateLimiter with its default algorithm, beside the storages of \@nestjs/throttler and beside
 * rate-limiter-flexible, in memory and on a Redis of its own. Half of the calls are admitted and half refused, and each
 * side has to have admitted exactly those. Ours is called as applications call it, by tryConsume(), the others by what
 * counts for them: the cost of the guard round it is not in their figures.
 */

const HELP = `npm run bench:rate-limit -- [--quick] [--json]

  --quick  fewer rounds and calls
  --json   the figures as one object, on the last line
`;

const quick = process.argv.includes('--quick');
const KEYS = 100_000;
const ROUNDS = quick ? 3 : 7;
const REDIS_CALLERS = 200;
/** Longer than a run on a slow machine: nothing comes back meanwhile. */
const WINDOW_SECONDS = 600;
const HOT_LIMIT = 1_000;
const CALLS_FOR_WEIGHT = 10;
const NAMES: readonly LimiterName[] = ['ours', 'throttler', 'rate-limiter-flexible'];
const PEERS = NAMES.slice(1);

const report = new Report('rate-limit');

interface Place {
  readonly name: 'memory' | 'redis';
  readonly open: Record<LimiterName, OpenLimiter>;
  readonly callers: number;
  /** Called before each run. */
  readonly forgetAll: () => Promise<void> | void;
}

type Rates = Record<LimiterName, number[]>;

/** In turn, every second round backwards; the first round warms up and is not counted. */
async function alternate({ open, callers, forgetAll }: Place, workload: Workload): Promise<Rates> {
  const rates: Rates = { ours: [], throttler: [], 'rate-limiter-flexible': [] };
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const name of round % 2 === 0 ? NAMES : [...NAMES].reverse()) {
      await forgetAll();
      const limiter = open[name]({ limit: workload.limit, windowSeconds: WINDOW_SECONDS });
      global.gc?.();
      const rate = await decisionsPerSecond(limiter, workload, callers);
      await limiter.close();
      if (round > 0) rates[name].push(rate);
    }
  }
  return rates;
}

/** Under the plain name stands the worst of the workloads. */
async function compare(place: Place, workloads: readonly Workload[]): Promise<void> {
  const worst = new Map<LimiterName, number>();
  for (const workload of workloads) {
    const rates = await alternate(place, workload);
    for (const name of NAMES)
      report.figure(
        `${place.name}, ${workload.name}, ${name}`,
        Math.round(median(rates[name])),
        'decisions/s',
      );
    for (const peer of PEERS) {
      const ratio = median(rates.ours.map((rate, round) => rate / (rates[peer][round] ?? rate)));
      report.ratio(`${place.name}/${peer} ${workload.name}`, ratio, 'decisions a second');
      worst.set(peer, Math.min(ratio, worst.get(peer) ?? Infinity));
    }
  }
  for (const [peer, ratio] of worst) report.ratio(`${place.name}/${peer}`, ratio, 'the worst of the above');
}

async function footprint(keys: readonly string[]): Promise<void> {
  const terms = { limit: 1_000, windowSeconds: 600 };
  for (const name of NAMES) {
    const bytes = await bytesPerKey(memoryLimiters[name](terms), keys, CALLS_FOR_WEIGHT);
    report.figure(`memory, ${name}, a tenant called ${CALLS_FOR_WEIGHT} times`, Math.round(bytes), 'bytes');
  }
  report.figure(
    'memory, ours, a tenant called in each part of the window',
    Math.round(await heaviest(keys)),
    'bytes',
  );
  for (const name of NAMES)
    report.figure(`memory, ${name}, longest pause`, await longestPause(memoryLimiters[name], keys), 'ms');
}

/** Ours keeps a number for each part of the window in which there were calls: most when there were some in all. */
function heaviest(keys: readonly string[]): Promise<number> {
  let calls = 0;
  const [parts, partMs] = [13, 50_000];
  const now = (): number => Math.floor(calls / keys.length) * partMs;
  const limiter = ownLimiter({ limit: 1_000, windowSeconds: (partMs * 12) / 1_000 }, { now });
  const counted = {
    ...limiter,
    isAdmitted: (key: string): Promise<boolean> => {
      const admitted = limiter.isAdmitted(key);
      calls += 1;
      return admitted;
    },
  };
  return bytesPerKey(counted, keys, parts);
}

async function main(): Promise<void> {
  if (process.argv.includes('--help')) {
    report.say(HELP);
    return;
  }
  report.figure('node', process.version);
  report.figure(
    'limit',
    `${HOT_LIMIT} of one key at a time, 1 of each of ${KEYS} keys; window ${WINDOW_SECONDS} s`,
  );
  report.figure('rounds', `${ROUNDS} in turn, medians`);
  report.figure('callers', `1 in memory, ${REDIS_CALLERS} on Redis, over one connection`);
  const many = manyKeys(KEYS);
  await compare({ name: 'memory', open: memoryLimiters, callers: 1, forgetAll: () => undefined }, [
    oneKeyAtATime(100, HOT_LIMIT),
    many,
  ]);
  await footprint(many.keys);
  if (RedisServer.isInstalled()) await onRedis();
  report.end();
}

async function onRedis(): Promise<void> {
  const server = await RedisServer.start();
  try {
    const redis = await redisLimiters(server.port);
    await compare({ name: 'redis', callers: REDIS_CALLERS, ...redis }, [
      oneKeyAtATime(quick ? 5 : 20, HOT_LIMIT),
      manyKeys(KEYS),
    ]);
    redis.close();
  } finally {
    await server.stop();
  }
}

void main();
