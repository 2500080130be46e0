/** Who is calling, as authentication found out. The library never creates one; the application does. */
export interface Principal {
  readonly id: string;
  readonly kind: 'user' | 'api-key' | 'operator';
  /** The tenants this principal may enter (uuids). The first is its own: used when no source names one. */
  readonly tenantIds?: readonly string[];
  readonly roles: readonly string[];
  /** The claims of the verified token it came with, for ClaimTenantResolver. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Named platform permissions, of operators. */
  readonly permissions?: readonly string[];
}
