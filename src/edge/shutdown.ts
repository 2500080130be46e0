import { Logger, type INestApplication } from '@nestjs/common';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { requestsInFlight } from './http/requests-in-flight.js';
import { withinTime } from './health/within-time.js';

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;
const CLEANUP_TIMEOUT_MS = 10_000;
const POLL_MS = 25;

export interface ShutdownOptions {
  /** How long requests in flight may take before they are cut off, in milliseconds. */
  readonly graceMs: number;
  /** Told first, so that probes see it. */
  readonly readiness?: { drain(): void };
  /** How long to go on serving while load balancers take notice, in milliseconds. @default 0 */
  readonly drainDelayMs?: number;
  /** Runs after the application has closed, one after another, whether or not the one before failed. */
  readonly cleanup?: readonly (() => unknown)[];
  /** @default process */
  readonly host?: Pick<NodeJS.Process, 'on' | 'exit'>;
}

/**
 * Makes SIGTERM and SIGINT stop the process in order: not ready, no new connections, requests in flight finished,
 * application closed, cleaned up, exit 0. Each step has a time limit, and a second signal exits at once.
 */
export function shutDownOnSignal(app: INestApplication, options: ShutdownOptions): void {
  const host = options.host ?? process;
  let stopping = false;
  for (const [signal, status] of Object.entries(SIGNALS)) {
    host.on(signal, () => {
      if (stopping) {
        host.exit(status);
      } else {
        stopping = true;
        void shutDown(app, options).then((clean) => host.exit(clean ? 0 : 1));
      }
    });
  }
}

async function shutDown(app: INestApplication, options: ShutdownOptions): Promise<boolean> {
  const logger = new Logger('Shutdown');
  logger.log('stopping');
  let clean = true;
  const attempt = async (step: string, work: () => unknown): Promise<void> => {
    try {
      await withinTime(CLEANUP_TIMEOUT_MS, async () => {
        await work();
      });
    } catch (error) {
      clean = false;
      logger.error({ msg: `${step} failed`, err: error });
    }
  };
  options.readiness?.drain();
  await sleep(options.drainDelayMs ?? 0);
  await finishRequests(app.getHttpServer() as Server, options.graceMs);
  await attempt('closing the application', () => app.close());
  for (const [index, cleanup] of (options.cleanup ?? []).entries()) {
    await attempt(`cleanup ${index + 1}`, cleanup);
  }
  logger.log('stopped');
  return clean;
}

/** Resolves once every connection is gone; by force when the time is up. */
async function finishRequests(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // Node waits for connections, and one on which nobody ever asked for anything counts as busy.
  const poll = setInterval(() => {
    if (requestsInFlight(server) === 0) server.closeAllConnections();
    else server.closeIdleConnections();
  }, POLL_MS);
  try {
    await withinTime(graceMs, () => closed);
  } catch {
    server.closeAllConnections();
  } finally {
    clearInterval(poll);
  }
}
