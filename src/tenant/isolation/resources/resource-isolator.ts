import { getTenantContext } from '../../context/tenant-scope.js';
import { ConflictError, NotFoundError, ValidationFailedError } from '../../errors/request.errors.js';
import type { Resource, ResourceType } from './resource.js';
import { assertResourceKey, assertResourceType } from './resource-key.js';
import type { ResourceStore } from './resource.store.js';
import { formatScopedId, parseScopedId } from './scoped-id.js';

/** Which page of a tenant's resources. */
export interface ListResourcesOptions {
  /** From 1 to 1,000. @default 100 */
  readonly limit?: number;
  /** The id of the last resource of the page before. */
  readonly after?: string;
}

const MAX_PAGE = 1_000;

/**
 * Keeps apart by tenant what lives outside the database: files, buckets, search indexes, queues. It records whose a
 * resource is, answers only for the tenant of the running scope, and gives each resource a name of its own in a store
 * that all tenants share.
 *
 * Create the record first and the thing after it, and delete in the other order: a crash in between then leaves a
 * record without a thing, never a thing that is nobody's.
 *
 * @example
 * const resources = new ResourceIsolator<'upload'>(new TypeOrmResourceStore(dataSource));
 * await resources.createResource('upload', 'report.pdf');
 * await bucket.put(resources.createScopedId('upload', 'report.pdf'), bytes);
 */
export class ResourceIsolator<Type extends ResourceType = ResourceType> {
  constructor(private readonly store: ResourceStore) {}

  /**
   * Records that the running tenant has this resource.
   *
   * @param createdBy default: the `userId` of the scope
   * @throws ConflictError when this tenant has one of that type and id; another tenant's does not matter
   * @throws ValidationFailedError for a type or id of the wrong form
   * @throws TenantScopeMissingError outside a tenant's scope, as every method here
   */
  async createResource(type: Type, id: string, createdBy?: string): Promise<Resource<Type>> {
    const { tenantId, userId } = getTenantContext();
    assertResourceKey(type, id);
    const resource = { tenantId, type, id, createdBy: createdBy ?? userId ?? null, createdAt: new Date() };
    if (await this.store.insert(resource)) return resource;
    throw new ConflictError(`There is a resource of type ${type} with this id already.`);
  }

  /**
   * The resource, when it is the running tenant's.
   *
   * @throws NotFoundError when it is unknown or another tenant's: one answer for both
   */
  async validateResourceAccess(type: Type, id: string): Promise<Resource<Type>> {
    const { tenantId } = getTenantContext();
    assertResourceKey(type, id);
    const resource = await this.store.find(tenantId, type, id);
    if (!resource) throw new NotFoundError();
    return resource as Resource<Type>;
  }

  /** The running tenant's resources of a type, in the byte order of their ids, one page at a time. */
  async listResources(
    type: Type,
    { limit = 100, after }: ListResourcesOptions = {},
  ): Promise<Resource<Type>[]> {
    const { tenantId } = getTenantContext();
    assertResourceType(type);
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) {
      throw new ValidationFailedError([
        { field: 'limit', message: `must be a whole number from 1 to ${MAX_PAGE}` },
      ]);
    }
    const page = await this.store.list(tenantId, { type, limit, ...(after !== undefined && { after }) });
    return page as Resource<Type>[];
  }

  /**
   * Forgets the resource; the thing itself is for the caller to delete, before.
   *
   * @throws NotFoundError when it is unknown or another tenant's: one answer for both
   */
  async deleteResource(type: Type, id: string): Promise<void> {
    const { tenantId } = getTenantContext();
    assertResourceKey(type, id);
    if (!(await this.store.delete(tenantId, type, id))) throw new NotFoundError();
  }

  /**
   * The name of the running tenant's resource in a store that all tenants share, whether it is recorded or not:
   * `<tenant uuid>/<type>/<id>`, with every byte of the id but letters, digits, "-" and "_" escaped, so that it has
   * one meaning as a path, a key and a pattern. At most 701 characters.
   *
   * @throws ValidationFailedError for a type or id of the wrong form
   * @example
   * await redis.set(resources.createScopedId('draft', userInput), text);
   */
  createScopedId(type: Type, id: string): string {
    const { tenantId } = getTenantContext();
    assertResourceKey(type, id);
    return formatScopedId({ tenantId, type, id });
  }

  /**
   * What a scoped id names, when it is the running tenant's: for one that came back from outside, such as in an upload
   * notification.
   *
   * @throws NotFoundError when it is none, or another tenant's: one answer for both
   */
  parseScopedId(scopedId: string): { readonly type: ResourceType; readonly id: string } {
    const { tenantId } = getTenantContext();
    const parsed = parseScopedId(scopedId);
    if (parsed?.tenantId !== tenantId) throw new NotFoundError();
    return { type: parsed.type, id: parsed.id };
  }
}
