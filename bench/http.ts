import { parseArgs } from 'node:util';
import { closedLoop, type Load } from './http/closed-loop.js';
import { measureNeighbour, NEIGHBOURS_LIMIT } from './http/neighbour.js';
import { checkStack, type HandlerName, wiresFor } from './http/requests.js';
import { type AdapterName, POOL_SIZE, type ServerOptions, type StackName } from './http/server-options.js';
import { type StackServer, startServer } from './http/start-process.js';
import { tenantIds } from './http/tenants.js';
import { type BenchDatabase, MANY, startDatabase } from './isolation/database.js';
import { Report } from './support/report.js';
import { median } from './support/rounds.js';

/**
 * Requests a second of whole applications, on Fastify and on Express: the library round a handler that reads one row,
 * beside NestJS and TypeORM with a condition written by hand; and round a handler that does nothing, beside what one
 * would assemble from packages. Then how a tenant fares while another one floods the application. Each application is a
 * process of its own, and the requests are made by this one.
 */

const HELP = `npm run bench:http -- [--seconds 2] [--flood-seconds 30] [--rounds 7] [--json]

  --adapter        fastify or express; both when it is left out
  --seconds        of each run of each application in each round
  --flood-seconds  of the tenant beside a flood, and as long without it; 0 leaves that out
  --rounds         in turn, medians are printed
  --json           the figures as one object, on the last line
`;

const { values: given } = parseArgs({
  options: {
    adapter: { type: 'string' },
    seconds: { type: 'string', default: '2' },
    'flood-seconds': { type: 'string', default: '30' },
    rounds: { type: 'string', default: '7' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
const SECONDS = Number(given.seconds);
const FLOOD_SECONDS = Number(given['flood-seconds']);
const ROUNDS = Number(given.rounds);
const CONNECTIONS = 32;
/** Before anything is measured a server has been compiled for what it does. */
const WARM_UP_REQUESTS = 10_000;
/** Never reached. The window is short for the sake of \@nestjs/throttler, which looks at each call in it. */
const LIMIT = { limit: 1_000_000, windowSeconds: 10 };
const ADAPTERS = (['fastify', 'express'] as const).filter((each) => (given.adapter ?? each) === each);
const STEPS = ['bare', 'scope', 'tenant', 'feature', 'whole'] as const;

const report = new Report('http');

type Loads = Record<string, Load[]>;

/** In turn, every second round backwards; the first round warms up and is not counted. */
async function alternate(
  stacks: readonly ServerOptions[],
  handler: HandlerName,
): Promise<Partial<Record<StackName, Load[]>>> {
  const servers: (StackServer & { readonly stack: StackName })[] = [];
  const loads: Loads = {};
  try {
    for (const options of stacks) {
      const server = await startServer(options);
      servers.push({ ...server, stack: options.stack });
      await checkStack(server.port, options.stack, handler);
    }
    const wires = wiresFor(handler);
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const { stack, ...server } of round % 2 === 0 ? servers : [...servers].reverse()) {
        const load = await closedLoop(server, wires, {
          connections: CONNECTIONS,
          milliseconds: SECONDS * 1_000,
          atLeast: round === 0 ? WARM_UP_REQUESTS : 0,
        });
        if (round > 0) (loads[stack] ??= []).push(load);
      }
    }
  } finally {
    for (const server of servers) await server.stop();
  }
  return loads;
}

const rateOf = (loads: readonly Load[] = []): number => median(loads.map(({ rate }) => rate));

const cpuOf = (loads: readonly Load[] = []): number => median(loads.map(({ serverCpu }) => serverCpu));

function sayLoads(what: string, loads: Partial<Record<StackName, Load[]>>): void {
  for (const [stack, each] of Object.entries(loads)) {
    report.figure(`${what}, ${stack}`, Math.round(rateOf(each)), 'requests/s');
    report.figure(`${what}, ${stack}, the server`, cpuOf(each), 'us of processor time a request');
    const busy = median(each.map(({ clientBusy }) => clientBusy));
    report.figure(`${what}, ${stack}, making the requests`, Math.round(busy * 100), '% of a core');
  }
}

/** By requests a second, and by processor time, which says more where other processes have the machine too. */
function sayRatios(name: string, ours: readonly Load[] = [], theirs: readonly Load[] = []): void {
  const ratio = (better: (ours: Load, theirs: Load) => number): number =>
    median(ours.map((load, round) => better(load, theirs[round] ?? load)));
  report.ratio(
    name,
    ratio((own, other) => own.rate / other.rate),
    'requests a second',
  );
  report.ratio(
    `${name}, processor time`,
    ratio((own, other) => other.serverCpu / own.serverCpu),
    'of the server',
  );
}

async function reading(adapter: AdapterName, database: BenchDatabase): Promise<void> {
  const loads = await alternate(
    [
      { adapter, stack: 'bare', databaseUrl: database.stockUrl, ...LIMIT },
      { adapter, stack: 'whole', databaseUrl: database.tenantUrl, ...LIMIT },
    ],
    'read',
  );
  sayLoads(`${adapter}, one row`, loads);
  sayRatios(`read/bare ${adapter}`, loads.whole, loads.bare);
}

async function doingNothing(adapter: AdapterName): Promise<void> {
  const stacks = [...STEPS, 'assembled' as const];
  const loads = await alternate(
    stacks.map((stack) => ({ adapter, stack, ...LIMIT })),
    'empty',
  );
  sayLoads(`${adapter}, nothing`, loads);
  sayRatios(`empty/assembled ${adapter}`, loads.whole, loads.assembled);
  let before = 0;
  for (const stack of STEPS) {
    const microseconds = cpuOf(loads[stack]);
    const name = before === 0 ? 'NestJS by itself takes' : `${ADDED[stack]} adds`;
    report.figure(`${adapter}, ${name}`, Math.round((microseconds - before) * 10) / 10, 'us');
    before = microseconds;
  }
}

const ADDED: Record<StackName, string> = {
  bare: 'nothing',
  scope: 'the scope',
  tenant: 'TenantGuard, with authentication,',
  feature: 'FeatureGuard',
  whole: '@RateLimit',
  assembled: 'what is assembled',
};

async function flooded(adapter: AdapterName, database: BenchDatabase): Promise<void> {
  const server = await startServer({
    adapter,
    stack: 'whole',
    databaseUrl: database.tenantUrl,
    limit: NEIGHBOURS_LIMIT,
    windowSeconds: 1,
  });
  try {
    await measureNeighbour(server.port, 3, true); // warms up
    const quiet = await measureNeighbour(server.port, FLOOD_SECONDS, false);
    const beside = await measureNeighbour(server.port, FLOOD_SECONDS, true);
    for (const [when, { p50, p99, errors, calls }] of Object.entries({ quiet, 'beside a flood': beside })) {
      report.figure(`${adapter}, a tenant ${when}, p50`, p50, 'ms');
      report.figure(`${adapter}, a tenant ${when}, p99`, p99, 'ms');
      report.figure(`${adapter}, a tenant ${when}, errors`, errors, `of ${calls}`);
    }
    const { sent = 0, admitted = 0, refused = 0, others = 0, seconds = 0 } = beside.flood ?? {};
    report.figure(
      `${adapter}, the flood`,
      `${sent} sent in ${Math.round(seconds)} s, ${admitted} admitted, ${refused} refused with 429, ${others} answered otherwise`,
    );
    const most = NEIGHBOURS_LIMIT * (Math.ceil(seconds) + 1);
    if (admitted > most) throw new Error(`${admitted} of the flood were admitted, ${most} could be.`);
    if (beside.errors > 0) process.exitCode = 1;
    report.ratio(
      `quiet/flooded p99 of a neighbour ${adapter}`,
      quiet.p99 / beside.p99,
      'at least 0.5 is wanted',
    );
  } finally {
    await server.stop();
  }
}

async function main(): Promise<void> {
  if (given.help) {
    report.say(HELP);
    return;
  }
  const database = await startDatabase([MANY]);
  try {
    report.figure('node', process.version);
    for (const name of ['server_version', 'fsync']) report.figure(name, await database.setting(name));
    report.figure(
      'settings',
      `pool of ${POOL_SIZE}, ${CONNECTIONS} connections, ${tenantIds.length} tenants in turn`,
    );
    report.figure('rounds', `${ROUNDS} of ${SECONDS} s each, in turn, medians`);
    for (const adapter of ADAPTERS) await reading(adapter, database);
    for (const adapter of ADAPTERS) await doingNothing(adapter);
    if (FLOOD_SECONDS > 0) for (const adapter of ADAPTERS) await flooded(adapter, database);
  } finally {
    await database.stop();
  }
  report.end();
}

void main();
