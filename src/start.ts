import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getDataSourceToken } from '@nestjs/typeorm';
import { ConfigurationError } from '@parallax/tenant';
import type { DataSource } from 'typeorm';
import { ensureOperatorKey } from './auth/operator-key.js';
import { loadConfig } from './config/app-config.js';
import { loadEnvFile } from './config/env-file.js';
import { createApp } from './create-app.js';
import { EmbeddedPostgresError } from './database/embedded/embedded-postgres.error.js';
import { prepareDatabase } from './database/prepare-database.js';
import { Readiness } from './edge/health/readiness.js';
import { shutDownOnSignal } from './edge/shutdown.js';
import { firstSteps } from './first-steps.js';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Starts the backend; ends the process with a message when it cannot be started safely. */
export async function start(): Promise<void> {
  try {
    await serve();
  } catch (error) {
    process.stderr.write(`\nNot started. ${reasonOf(error)}\n`);
    process.exit(1);
  }
}

async function serve(): Promise<void> {
  loadEnvFile();
  const config = loadConfig();
  const database = await prepareDatabase(config, say);
  try {
    const app = await createApp({ config, database });
    const control = app.get<DataSource>(getDataSourceToken('control'));
    const newKey = await ensureOperatorKey(control, config.secretKey, config.operatorApiKey);
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
    await database.stop();
    throw error;
  }
}

/** What went wrong with the set-up is told in a sentence; anything else is a bug, and told in full. */
function reasonOf(error: unknown): string {
  if (error instanceof ConfigurationError || error instanceof EmbeddedPostgresError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
