import { AlertDeliveryError } from '../errors/alert.errors.js';

const MAX_LENGTH = 300;

/** What is recorded of a failed delivery: short, and of errors we do not know nothing that could hold a secret. */
export function describeFailure(error: unknown): string {
  const text = error instanceof AlertDeliveryError ? error.message : nameOf(error);
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH - 1)}…` : text;
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return `A ${typeof error} was thrown`;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^\w+$/.test(code) ? `${error.name} (${code})` : error.name;
}
