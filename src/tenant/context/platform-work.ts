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
  /**
   * That no caller is behind it: a command or job of the process on its own account, which holds every
   * permission. It has to be said, because outside a scope is also where a caller is whom nothing let in, such as
   * in `handleConnection`. Without effect in the scope of a call.
   *
   * @default the caller of the running scope, or nobody
   */
  readonly as?: 'process';
}
