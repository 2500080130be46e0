const CANONICAL_UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * Whether the text is a uuid in the one form used everywhere: lower case, with hyphens. PostgreSQL takes
 * other spellings for the same uuid; here they would be other cache keys, so they are refused.
 */
export function isCanonicalTenantId(value: unknown): value is string {
  return typeof value === 'string' && CANONICAL_UUID.test(value);
}
