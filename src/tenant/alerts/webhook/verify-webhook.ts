import { timingSafeEqual } from 'node:crypto';
import { UnauthenticatedError } from '../../errors/request.errors.js';
import type { AlertNotification } from './alert-notification.js';
import { webhookKeys, webhookSignature } from './standard-webhook.js';

const TOLERANCE_SECONDS = 300;

/** Headers of a request, as Node or `fetch` have them. */
export type WebhookHeaders =
  Pick<Headers, 'get'> | Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * For whoever receives webhooks: whether the sender knows a secret, and sent this not more than five minutes ago. Give
 * it the body as it came, before anything parsed it. It may come again: keep the `id` of what was handled.
 *
 * @param secrets `whsec_…`; several while one takes the place of another
 * @returns the body
 * @throws UnauthenticatedError when it is not from there, or was changed, or is old. HTTP 401.
 * @throws ConfigurationError when a secret is none
 * @example
 * const alert = verifyWebhook(request.headers, rawBody, [secret]);
 * if (await seen.add(alert.id)) await notify(alert);
 */
export function verifyWebhook<Body = AlertNotification>(
  headers: WebhookHeaders,
  body: string | Uint8Array,
  secrets: readonly string[],
): Body {
  const keys = webhookKeys(secrets, 'A secret of verifyWebhook');
  const id = headerOf(headers, 'webhook-id');
  const timestamp = headerOf(headers, 'webhook-timestamp');
  if (id === '' || !/^\d{1,12}$/.test(timestamp))
    throw new UnauthenticatedError('The webhook is not signed.');
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) {
    throw new UnauthenticatedError('The webhook was not sent within the last five minutes.');
  }
  const given = signaturesOf(headerOf(headers, 'webhook-signature'));
  const genuine = keys
    .map((key) => webhookSignature({ id, timestamp: Number(timestamp), body }, key))
    .some((expected) => given.some((signature) => areEqual(signature, expected)));
  if (!genuine) throw new UnauthenticatedError('The signature of the webhook does not hold.');
  return JSON.parse(Buffer.from(body).toString()) as Body;
}

function headerOf(headers: WebhookHeaders, name: string): string {
  const value = isHeaders(headers) ? headers.get(name) : headers[name];
  return typeof value === 'string' ? value : '';
}

function isHeaders(headers: WebhookHeaders): headers is Pick<Headers, 'get'> {
  return typeof headers.get === 'function';
}

/** Of the version we know; a sender may add others. */
function signaturesOf(header: string): Buffer[] {
  return header
    .split(' ')
    .filter((signature) => signature.startsWith('v1,'))
    .map((signature) => Buffer.from(signature.slice(3), 'base64'));
}

function areEqual(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}
