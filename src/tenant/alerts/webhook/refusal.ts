import { AlertDeliveryError } from '../../errors/alert.errors.js';

/** Of the client errors those that say “later”; the others say that something is set up wrongly. */
const LATER = new Set([408, 425, 429]);
/** Somebody has to mend it first; that takes a while. */
const MISTAKE_PAUSE_MS = 60_000;

/** What an answer other than 2xx means. Its body is not ours to keep. */
export function refusalOf({ status, headers }: Response): AlertDeliveryError {
  const isMistake = status >= 300 && status < 500 && !LATER.has(status);
  return new AlertDeliveryError(`The receiver answered ${status}.`, {
    retryAfterMs: retryAfterMs(headers.get('retry-after')) ?? (isMistake ? MISTAKE_PAUSE_MS : undefined),
  });
}

/** Seconds, or a date (RFC 9110 §10.2.3). */
function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined;
  const wait = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return wait > 0 ? wait : undefined;
}
