import { startEmbeddedPostgres } from '../../../src/database/embedded/embedded-postgres.js';

/** A process of its own that starts the embedded server and holds on to it, for suites that kill it. */
async function hold(dataDir: string): Promise<void> {
  const server = await startEmbeddedPostgres({ dataDir });
  process.once('SIGTERM', () => void server.stop().then(() => process.exit(0)));
  process.stdout.write(`${JSON.stringify({ url: server.adminUrl(), created: server.created })}\n`);
  setInterval(() => undefined, 60_000);
}

hold(process.argv[2] ?? '').catch((error: unknown) => {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
});
