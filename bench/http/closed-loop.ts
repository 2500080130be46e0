import { Connection } from './connection.js';
import type { StackServer } from './start-process.js';

export interface Load {
  /** Answers a second. */
  readonly rate: number;
  /** Microseconds of processor time that the server took for each. */
  readonly serverCpu: number;
  /** Of one core, the part that making the requests took. */
  readonly clientBusy: number;
}

export interface LoadOptions {
  readonly connections: number;
  readonly milliseconds: number;
  /** So many answers, however long they take. */
  readonly atLeast?: number;
}

/** Asks over so many connections, each again as soon as it has its answer. Fails at an answer that is not 200. */
export async function closedLoop(
  { port, cpuTime }: Pick<StackServer, 'port' | 'cpuTime'>,
  wires: readonly Buffer[],
  { connections, milliseconds, atLeast = 0 }: LoadOptions,
): Promise<Load> {
  const open = await Promise.all(Array.from({ length: connections }, () => Connection.open(port)));
  let answers = 0;
  let next = 0;
  const cpuBefore = await cpuTime();
  const startedAt = performance.now();
  const before = process.cpuUsage();
  await Promise.all(
    open.map(async (connection) => {
      while (performance.now() - startedAt < milliseconds || answers < atLeast) {
        next += 1;
        const { status, body } = await connection.request(wires[next % wires.length] as Buffer);
        if (status !== 200) throw new Error(`Answered ${status}: ${body}`);
        answers += 1;
      }
    }),
  );
  const passed = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(before);
  const serverCpu = ((await cpuTime()) - cpuBefore) / answers;
  for (const connection of open) connection.close();
  return { rate: (answers * 1_000) / passed, serverCpu, clientBusy: (user + system) / 1_000 / passed };
}
