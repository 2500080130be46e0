import { once } from 'node:events';
import { openLoop, percentile } from '../quota/open-loop.js';
import { Connection } from './connection.js';
import type { FloodCounts, FloodOptions } from './flood.process.js';
import { wireFor } from './requests.js';
import { startProcess } from './start-process.js';
import { tenantIds } from './tenants.js';

/** Of each tenant, in a window of one second. */
export const NEIGHBOURS_LIMIT = 40;
const FLOOD_PER_SECOND = 50 * NEIGHBOURS_LIMIT;
const CALLS_PER_SECOND = 20;
const CONNECTIONS = 20;

export interface Neighbourhood {
  /** Of the neighbour, milliseconds from when each call was due. */
  readonly p50: number;
  readonly p99: number;
  /** Calls of the neighbour that were not answered with 200. */
  readonly errors: number;
  readonly calls: number;
  readonly flood?: FloodCounts;
}

/** One tenant at a steady rate below its limit; if so wanted, another one at fifty times its own. */
export async function measureNeighbour(
  port: number,
  seconds: number,
  isFlooded: boolean,
): Promise<Neighbourhood> {
  const [floodingId, tenantId] = tenantIds as [string, string];
  const flood = isFlooded
    ? await startFlood({ port, tenantId: floodingId, perSecond: FLOOD_PER_SECOND })
    : undefined;
  const idle = await Promise.all(Array.from({ length: CONNECTIONS }, () => Connection.open(port)));
  const wire = wireFor('read', tenantId);
  let errors = 0;
  const call = async (): Promise<void> => {
    const connection = idle.shift() ?? (await Connection.open(port));
    const { status } = await connection.request(wire);
    if (status !== 200) errors += 1;
    idle.push(connection);
  };
  const times = await openLoop(call, { perSecond: CALLS_PER_SECOND, milliseconds: seconds * 1_000 });
  for (const connection of idle) connection.close();
  return {
    p50: percentile(times, 50),
    p99: percentile(times, 99),
    errors,
    calls: times.length,
    ...(flood && { flood: await flood.stop() }),
  };
}

async function startFlood(options: FloodOptions): Promise<{ stop(): Promise<FloodCounts> }> {
  const process = startProcess('flood.process.ts', options);
  await once(process, 'message');
  return {
    stop: async () => {
      const answered = once(process, 'message');
      process.send('stop');
      const [counts] = (await answered) as [FloodCounts];
      return counts;
    },
  };
}
