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

/** Whether the slug is one no tenant is given. */
export function isReservedSlug(slug: string): boolean {
  return RESERVED.has(slug);
}

/**
 * The slug of a name: case and compatibility forms folded, letters without their accents, everything else a
 * hyphen. Names that differ in nothing else make one slug, so "Acme", "ACME" and full-width "Ａｃｍｅ" collide.
 *
 * @throws ValidationFailedError when nothing usable is left, or the slug is reserved.
 * @example slugFrom('Café Müller & Söhne') // 'cafe-muller-sohne'
 */
export function slugFrom(name: string): string {
  const slug = folded(name)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, SLUG_MAX_LENGTH)
    .replace(/^-+|-+$/g, '');
  if (!isSlug(slug)) {
    throw refused(
      'name',
      'makes no slug: it must hold at least one Latin letter or digit, and not have the form of an id; ' +
        'or give the tenant a slug of its own in `slug`',
    );
  }
  if (isReservedSlug(slug)) {
    throw refused(
      'name',
      `makes the reserved slug "${slug}"; choose another, or give the tenant a slug of its own in \`slug\``,
    );
  }
  return slug;
}

/**
 * A slug somebody chose, folded like those made from names; beyond that nothing is mended.
 *
 * @throws ValidationFailedError when it is no slug, or is reserved.
 * @example chosenSlug('ＡＣＭＥ') // 'acme'
 */
export function chosenSlug(text: string): string {
  const slug = folded(text);
  if (!isSlug(slug)) {
    throw refused(
      'slug',
      `must be 1 to ${SLUG_MAX_LENGTH} of a-z, 0-9 and hyphens, begin and end with no hyphen, and not have the form of an id`,
    );
  }
  if (isReservedSlug(slug)) throw refused('slug', 'is reserved; choose another');
  return slug;
}

/** NFKC with case folded in full and without what nobody sees: Unicode 16, §3.13, NFKC_Casefold. */
function folded(text: string): string {
  const visible = text.normalize('NFKC').replace(/\p{Default_Ignorable_Code_Point}/gu, '');
  // Lower first, because ẞ has no upper case and ß has: SS.
  return visible.toLowerCase().toUpperCase().toLowerCase().normalize('NFKC');
}

function refused(field: string, message: string): ValidationFailedError {
  return new ValidationFailedError([{ field, message }]);
}
