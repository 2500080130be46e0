import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ServerOptions } from './server-options.js';

const HOOK = join(process.cwd(), 'test/support/typescript-hook.cjs');

/** Runs a file of this folder as this process is run. */
export function startProcess(file: string, argument: unknown): ChildProcess {
  return fork(HOOK, [join(process.cwd(), 'bench/http', file), JSON.stringify(argument)], {
    env: { ...process.env, NODE_ENV: 'production' },
  });
}

export interface StackServer {
  readonly port: number;
  /** Microseconds of processor time that it has taken so far. */
  cpuTime(): Promise<number>;
  stop(): Promise<void>;
}

export async function startServer(options: ServerOptions): Promise<StackServer> {
  const server = startProcess('server.process.ts', options);
  const [port] = (await Promise.race([
    once(server, 'message'),
    once(server, 'exit').then(() => {
      throw new Error(`The server of ${options.adapter}, ${options.stack} did not start.`);
    }),
  ])) as [number];
  return {
    port,
    cpuTime: async () => {
      const answered = once(server, 'message');
      server.send('cpu');
      const [{ user, system }] = (await answered) as [NodeJS.CpuUsage];
      return user + system;
    },
    stop: async () => {
      const exited = once(server, 'exit');
      server.disconnect();
      await exited;
    },
  };
}
