import type { Resource, ResourceType } from './resource.js';
import type { ResourcePage, ResourceStore } from './resource.store.js';
import { formatScopedId } from './scoped-id.js';

/**
 * Resources in this process's memory: for unit tests and scripts. Gone when the process ends.
 *
 * @example
 * const isolator = new ResourceIsolator(new InMemoryResourceStore());
 */
export class InMemoryResourceStore implements ResourceStore {
  readonly #resources = new Map<string, Resource>();

  insert(resource: Resource): Promise<boolean> {
    const key = formatScopedId(resource);
    if (this.#resources.has(key)) return Promise.resolve(false);
    this.#resources.set(key, resource);
    return Promise.resolve(true);
  }

  find(tenantId: string, type: ResourceType, id: string): Promise<Resource | undefined> {
    return Promise.resolve(this.#resources.get(formatScopedId({ tenantId, type, id })));
  }

  list(tenantId: string, { type, limit, after }: ResourcePage): Promise<Resource[]> {
    const page = [...this.#resources.values()]
      .filter((resource) => resource.tenantId === tenantId && resource.type === type)
      .sort((a, b) => compareBytes(a.id, b.id))
      .filter(({ id }) => after === undefined || compareBytes(id, after) > 0);
    return Promise.resolve(page.slice(0, limit));
  }

  delete(tenantId: string, type: ResourceType, id: string): Promise<boolean> {
    return Promise.resolve(this.#resources.delete(formatScopedId({ tenantId, type, id })));
  }
}

/** As the collation "C" of the database. */
function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
