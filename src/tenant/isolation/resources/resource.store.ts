import type { Resource, ResourceType } from './resource.js';

/** Which of a tenant's resources to read, one page at a time, in the order of their ids. */
export interface ResourcePage {
  readonly type: ResourceType;
  /** At most this many. */
  readonly limit: number;
  /** Only resources whose id comes after this one. */
  readonly after?: string;
}

/**
 * Where it is kept which resource belongs to which tenant. Each call is atomic on its own, and touches nothing of
 * another tenant's.
 */
export interface ResourceStore {
  /** False when the tenant has a resource of that type and id already. */
  insert(resource: Resource): Promise<boolean>;
  find(tenantId: string, type: ResourceType, id: string): Promise<Resource | undefined>;
  list(tenantId: string, page: ResourcePage): Promise<Resource[]>;
  /** False when there was none. */
  delete(tenantId: string, type: ResourceType, id: string): Promise<boolean>;
}
