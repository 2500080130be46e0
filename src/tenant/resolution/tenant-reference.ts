import { isCanonicalTenantId } from '../context/tenant-id.js';
import { isSlug } from '../registry/slug.js';

/** What a source may hold: one tenant, by id or by slug. */
export type TenantReference = { readonly id: string } | { readonly slug: string };

/** Reads what a client sent. Undefined when it can be no tenant's id or slug. */
export type TenantReferenceParser = (text: string) => TenantReference | undefined;

/** What a client sends that has lost its tenant. No tenant is called so: these slugs are reserved. */
const NOBODY = new Set(['null', 'undefined']);

/**
 * Ids in any case (they are stored in lower case), slugs exactly as they are.
 *
 * @example
 * parseTenantReference('acme'); // { slug: 'acme' }
 * parseTenantReference('ACME'); // undefined
 */
export const parseTenantReference: TenantReferenceParser = (text) => {
  const id = text.toLowerCase();
  if (isCanonicalTenantId(id)) return { id };
  return isSlug(text) && !NOBODY.has(text) ? { slug: text } : undefined;
};
