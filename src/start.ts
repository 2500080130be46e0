import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INestApplication } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { ConfigurationError } from '@parallax/tenant';
import { loadEnvFile } from '@parallax/tenant/cli';
import type { DataSource } from 'typeorm';
import { ensureOperatorKey } from './auth/operator-key.js';
import { loadConfig } from './config/app-config.js';
import { createApp } from './create-app.js';
import { EmbeddedPostgresError } from './database/embedded/embedded-postgres.error.js';
import { prepareDatabase } from './database/prepare-database.js';
import { Readiness } from './edge/health/readiness.js';
import { shutDownOnSignal } from './edge/shutdown.js';
import { firstSteps } from './first-steps.js';
import { Interruption, InterruptedError } from './interruption.js';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Starts the backend; ends the process with a message when it cannot be started safely. */
export async function start(): Promise<void> {
  try {
    await serve();
  } catch (error) {
    process.stderr.write(`\nNot started. ${reasonOf(error)}\n`);
    process.exit(error instanceof InterruptedError ? error.exitCode : 1);
  }
}

async function serve(): Promise<void> {
  loadEnvFile();
  const config = loadConfig();
  const interruption = new Interruption();
  const database = await prepareDatabase(config, say);
  let app: INestApplication | undefined;
  try {
    interruption.check();
    app = await createApp({ config, database });
    const control = app.get<DataSource>(getDataSourceToken('control'));
    const newKey = await ensureOperatorKey(control, config.secretKey, config.operatorApiKey);
    interruption.check();
    interruption.end();
    shutDownOnSignal(app, {
      graceMs: config.shutdownGraceMs,
      readiness: app.get(Readiness),
      cleanup: [() => database.stop()],
    });
    await app.listen(config.port, config.host);
    const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
    const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;
    say(firstSteps({ url, ...(newKey !== undefined && { operatorKey: newKey }) }));
    say(`Listening on ${url}`);
  } catch (error) {
    await app?.close();
    await database.stop();
    throw error;
  }
}

/** What went wrong with the set-up is told in a sentence; anything else is a bug, and told in full. */
function reasonOf(error: unknown): string {
  const expected = [ConfigurationError, EmbeddedPostgresError, InterruptedError];
  if (expected.some((kind) => error instanceof kind)) return (error as Error).message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
