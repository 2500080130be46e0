import { ConfigurationError } from '../../errors/isolation.errors.js';
import { AlertDeliveryError } from '../../errors/alert.errors.js';
import type { Alert } from '../alert.js';
import type { AlertChannel } from '../alert.channel.js';
import { alertNotification } from './alert-notification.js';
import { refusalOf } from './refusal.js';
import { webhookKeys, webhookSignature } from './standard-webhook.js';

/** Where a webhook goes, and how its receiver knows it. */
export interface WebhookAlertChannelOptions {
  /** http or https, without credentials. */
  readonly url: string;
  /** `whsec_` and the base64 of 24 to 64 random bytes; each message is signed with all of them. */
  readonly secrets: readonly string[];
  /** @default 'webhook' */
  readonly name?: string;
  /** What is sent, as JSON; `id` must be the same whenever the alert is. @default alertNotification */
  readonly present?: (alert: Alert) => { readonly id: string };
}

/**
 * Posts each alert as JSON, signed as https://www.standardwebhooks.com has it. An answer of 2xx is a delivery; no
 * redirect is followed. Receivers check it with `verifyWebhook`.
 *
 * @throws ConfigurationError for a URL or a secret that cannot be
 * @example
 * new WebhookAlertChannel({ url: 'https://ops.example.com/alerts', secrets: [newSecret, oldSecret] });
 */
export class WebhookAlertChannel implements AlertChannel {
  readonly name: string;
  readonly #url: URL;
  readonly #keys: readonly Buffer[];
  readonly #present: (alert: Alert) => { readonly id: string };

  constructor({ url, secrets, name = 'webhook', present = alertNotification }: WebhookAlertChannelOptions) {
    this.name = name;
    this.#url = webhookUrl(url, name);
    this.#keys = webhookKeys(secrets, `The secret of the alert channel ${name}`);
    this.#present = present;
  }

  async deliver(alert: Alert, signal: AbortSignal): Promise<void> {
    const message = this.#present(alert);
    const response = await this.#post(message.id, JSON.stringify(message), signal);
    // Nobody reads it, and unread it would hold the connection.
    await response.body?.cancel().catch(() => undefined);
    if (!response.ok) throw refusalOf(response);
  }

  async #post(id: string, body: string, signal: AbortSignal): Promise<Response> {
    const timestamp = Math.floor(Date.now() / 1000);
    const signatures = this.#keys.map((key) => webhookSignature({ id, timestamp, body }, key));
    try {
      return await fetch(this.#url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'webhook-id': id,
          'webhook-timestamp': String(timestamp),
          'webhook-signature': signatures.map((each) => `v1,${each.toString('base64')}`).join(' '),
        },
        body,
        // To wherever it points, the alert was not meant to go.
        redirect: 'manual',
        signal,
      });
    } catch (cause) {
      signal.throwIfAborted();
      // Not its message, which may repeat the URL.
      const { code } = ((cause as Error).cause ?? cause) as { code?: string };
      throw new AlertDeliveryError(`The receiver could not be reached (${code ?? 'no answer'}).`, {
        cause,
      });
    }
  }
}

function webhookUrl(text: string, name: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') return url;
  throw new ConfigurationError(
    `The URL of the alert channel ${name} must be an http or https URL without user and password.`,
  );
}
