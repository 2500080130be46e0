import { WebhookAlertChannel } from '@parallax/tenant';
import type { Environment, Reader } from './environment.js';

/** Where alerts of tenants' limits are posted, and what signs them. */
export interface AlertWebhookConfig {
  readonly url: string;
  readonly secrets: readonly string[];
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** The variables that go together: both, or none. */
export function readAlertConfig(environment: Environment): AlertWebhookConfig | undefined {
  const url = environment.optional(
    'ALERT_WEBHOOK_URL',
    'an https URL without user and password; http only to this machine',
    webhookUrl,
  );
  const secrets = environment.optional(
    'ALERT_WEBHOOK_SECRET',
    'whsec_ and the base64 of 24 to 64 random bytes; several separated by commas. ' +
      '`echo "whsec_$(openssl rand -base64 32)"` makes one',
    webhookSecrets,
  );
  if (environment.has('ALERT_WEBHOOK_URL') !== environment.has('ALERT_WEBHOOK_SECRET')) {
    environment.report('ALERT_WEBHOOK_URL and ALERT_WEBHOOK_SECRET are set together, or neither is');
  }
  return url !== undefined && secrets !== undefined ? { url, secrets } : undefined;
}

/** What is posted names tenants and their plans, so others must not read it on the way. */
const webhookUrl: Reader<string> = (value) => {
  if (!URL.canParse(value)) return undefined;
  const { protocol, hostname, username, password } = new URL(value);
  const isSafe = protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
  return isSafe && username === '' && password === '' ? value : undefined;
};

const webhookSecrets: Reader<readonly string[]> = (value) => {
  const secrets = value.split(',').map((secret) => secret.trim());
  try {
    // It knows what a secret is, and sends nothing until there is an alert.
    new WebhookAlertChannel({ url: 'https://localhost', secrets });
    return secrets;
  } catch {
    return undefined;
  }
};
