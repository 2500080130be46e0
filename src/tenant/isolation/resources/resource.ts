/**
 * What kind of thing a resource is, such as `upload` or `search-index`: a lower-case letter, then letters, digits,
 * `-` or `_`, at most 63 characters. An application narrows it: `new ResourceIsolator<'upload' | 'report'>(store)`.
 */
export type ResourceType = string;

/** Something of a tenant's that lives outside the database: a file, a bucket, an index, a queue. */
export interface Resource<Type extends ResourceType = ResourceType> {
  readonly tenantId: string;
  readonly type: Type;
  /** The tenant's own name for it; another tenant may have one of the same. */
  readonly id: string;
  /** Who made it, as the application names its users; null when nobody said. */
  readonly createdBy: string | null;
  readonly createdAt: Date;
}
