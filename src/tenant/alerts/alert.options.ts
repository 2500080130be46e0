import type { AlertDispatcherOptions } from './alert-dispatcher.options.js';
import type { AlertChannel } from './alert.channel.js';
import type { WebhookAlertChannelOptions } from './webhook/webhook-alert.channel.js';

/** Where alerts are delivered, and how. */
export interface AlertOptions extends AlertDispatcherOptions {
  /** A receiver that gets each alert as a signed POST. @default none */
  readonly webhook?: WebhookAlertChannelOptions;
  /** Further channels: another webhook by another name, or of your own. @default none */
  readonly channels?: readonly AlertChannel[];
}
