/** Work of the platform over tenants it names, and why. */
export interface PlatformWork {
  /** The named permission this needs, for instance `tenants:support`. */
  readonly permission: string;
  /** Why, in words for whoever reads the access log. */
  readonly reason: string;
  /** The tenants whose rows may be seen (uuids); rows of all others stay invisible. */
  readonly tenantIds: readonly string[];
  /** @default false: rows can be read only */
  readonly write?: boolean;
}
