/**
 * JSON that does not depend on the order of keys, which a store such as jsonb does not keep. Equal for a value
 * and for what is read back after it was written as JSON.
 *
 * @throws TypeError for numbers that JSON can be read as and not be written as: two values would be one text.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === 'number' && (!Number.isFinite(part) || Object.is(part, -0))) {
      throw new TypeError(`${Object.is(part, -0) ? '-0' : part} is no number of JSON`);
    }
    return isObject(part) ? sorted(part) : part;
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sorted(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}
