import type { ResourceType } from './resource.js';

/** What a scoped id names. */
export interface ScopedId {
  readonly tenantId: string;
  readonly type: ResourceType;
  readonly id: string;
}

const FORM = /^([0-9a-f-]{36})\/([a-z][a-z0-9_-]*)\/([A-Za-z0-9_~-]+)$/;

/**
 * One name for a tenant's resource in a store that all tenants share. Different resources never share a name, and a
 * name holds nothing that a path, a glob pattern or a Redis Cluster hash tag gives a meaning to.
 */
export function formatScopedId({ tenantId, type, id }: ScopedId): string {
  return `${tenantId}/${type}/${escape(id)}`;
}

/** The reverse of {@link formatScopedId}; undefined for what it would not have written. */
export function parseScopedId(scopedId: string): ScopedId | undefined {
  const [, tenantId, type, escaped] = FORM.exec(scopedId) ?? [];
  if (tenantId === undefined || type === undefined || escaped === undefined) return undefined;
  const id = unescape(escaped);
  const parsed = { tenantId, type, id };
  return formatScopedId(parsed) === scopedId ? parsed : undefined;
}

/** Bytes of UTF-8 other than letters, digits, "_" and "-", as "~" and two hexadecimal digits. */
function escape(id: string): string {
  return Array.from(Buffer.from(id, 'utf8'), (byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9_-]/.test(character) ? character : `~${byte.toString(16).padStart(2, '0')}`;
  }).join('');
}

function unescape(escaped: string): string {
  const bytes = escaped.replace(/~([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
