const REDACTED = '[redacted]';
const MAX_DEPTH = 6;

/** Compared without case, hyphens and underscores. */
const SECRET_KEYS = new Set([
  'accesstoken',
  'apikey',
  'authorization',
  'clientsecret',
  'cookie',
  'credential',
  'credentials',
  'idtoken',
  'key',
  'parameters',
  'password',
  'proxyauthorization',
  'refreshtoken',
  'secret',
  'secretkey',
  'setcookie',
  'token',
  'xapikey',
]);

const CREDENTIAL_IN_TEXT = /\b(Bearer|Basic)\s+[\w.~+/=-]+/gi;
const PASSWORD_IN_URL = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s/@]*@/gi;

/** The text without credentials in the forms they have in headers and URLs. */
export function redactText(text: string): string {
  return text.replace(CREDENTIAL_IN_TEXT, `$1 ${REDACTED}`).replace(PASSWORD_IN_URL, `$1:${REDACTED}@`);
}

/** A copy of the value without what is secret by its name, at any depth. `describe` says how errors are shown. */
export function redact(value: unknown, describe: (error: Error) => unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (depth >= MAX_DEPTH) return '[deeper]';
  const within = (inner: unknown): unknown => redact(inner, describe, depth + 1);
  if (value instanceof Error) return within(describe(value));
  if (ArrayBuffer.isView(value)) return `[${String(value.byteLength)} bytes]`;
  if (Array.isArray(value)) return value.map(within);
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, isSecret(key) ? REDACTED : within(inner)]),
  );
}

function isSecret(key: string): boolean {
  return SECRET_KEYS.has(key.toLowerCase().replace(/[-_]/g, ''));
}
