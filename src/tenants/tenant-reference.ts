import { parseTenantReference, type TenantReferenceParser } from '@parallax/tenant';
import { decodeId } from '../edge/typed-id.js';

/** `tnt_…`, the plain uuid, or the slug. */
export const tenantReference: TenantReferenceParser = (text) => {
  const id = decodeId('tnt', text);
  return id === undefined ? parseTenantReference(text) : { id };
};
