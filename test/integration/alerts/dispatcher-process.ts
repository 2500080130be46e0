import { type Alert, type AlertChannel, AlertDispatcher, WebhookAlertChannel } from '@parallax/tenant';
import { DataSource } from 'typeorm';

const [controlUrl = '', url = '', secret = '', manner] = process.argv.slice(2);

/** Delivers, and then does not come back: what was delivered is never written down. */
class StuckAfterDelivery implements AlertChannel {
  readonly name = 'webhook';

  constructor(private readonly webhook: AlertChannel) {}

  async deliver(alert: Alert, signal: AbortSignal): Promise<void> {
    await this.webhook.deliver(alert, signal);
    process.stdout.write('delivered\n');
    await new Promise(() => undefined);
  }
}

/** A process of its own that delivers alerts to a webhook, for suites that kill it. */
async function dispatch(): Promise<void> {
  const control = await new DataSource({
    type: 'postgres',
    url: controlUrl,
    poolSize: 2,
    installExtensions: false,
  }).initialize();
  const webhook = new WebhookAlertChannel({ url, secrets: [secret] });
  const channel = manner === 'stuck' ? new StuckAfterDelivery(webhook) : webhook;
  const dispatcher = new AlertDispatcher(control, [channel], { pollMs: 20, timeoutMs: 600_000 });
  dispatcher.onApplicationBootstrap();
  // Its own timers keep no process alive.
  setInterval(() => undefined, 60_000);
  process.once('SIGTERM', () => {
    void dispatcher.beforeApplicationShutdown().then(() => process.exit(0));
  });
}

dispatch().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
