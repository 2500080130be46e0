import { ValidationFailedError } from '../errors/request.errors.js';

export const SLUG_MAX_LENGTH = 50;
const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?$/;
const UUID_LIKE = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Names that would read as part of the service, in a URL or as a host. */
const RESERVED = new Set([
  'admin',
  'api',
  'app',
  'auth',
  'default',
  'docs',
  'health',
  'internal',
  'mail',
  'metrics',
  'null',
  'platform',
  'public',
  'root',
  'static',
  'status',
  'support',
  'system',
  'tenant',
  'tenants',
  'undefined',
  'www',
]);

/** Whether the text can be a slug. What looks like an id cannot: one reference must not mean two tenants. */
export function isSlug(text: string): boolean {
  return SLUG.test(text) && !UUID_LIKE.test(text);
}

/**
 * The slug of a name: letters without their accents, everything else a hyphen.
 *
 * @throws ValidationFailedError when nothing usable is left, or the slug is reserved.
 * @example slugFrom('Café Müller & Söhne') // 'cafe-muller-sohne'
 */
export function slugFrom(name: string): string {
  const slug = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, SLUG_MAX_LENGTH)
    .replace(/^-+|-+$/g, '');
  if (!isSlug(slug)) {
    throw new ValidationFailedError([
      {
        field: 'name',
        message: 'must hold at least one latin letter or digit, and not have the form of an id',
      },
    ]);
  }
  if (RESERVED.has(slug)) {
    throw new ValidationFailedError([
      { field: 'name', message: `makes the reserved slug "${slug}"; choose another` },
    ]);
  }
  return slug;
}
