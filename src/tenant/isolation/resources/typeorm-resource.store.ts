import { type DataSource, MoreThan, type Repository } from 'typeorm';
import type { Resource, ResourceType } from './resource.js';
import type { ResourcePage, ResourceStore } from './resource.store.js';
import { TenantResourceEntity } from './tenant-resource.entity.js';

/**
 * Resources in PostgreSQL, through a TenantDataSource that has TenantResourceEntity among its entities: in the scope of
 * another tenant they are neither found nor written, whatever tenant is asked for.
 *
 * @example
 * providers: [
 *   {
 *     provide: ResourceIsolator,
 *     inject: [DataSource],
 *     useFactory: (dataSource: DataSource) => new ResourceIsolator(new TypeOrmResourceStore(dataSource)),
 *   },
 * ]
 */
export class TypeOrmResourceStore implements ResourceStore {
  constructor(private readonly dataSource: DataSource) {}

  async insert(resource: Resource): Promise<boolean> {
    const inserted = await this.#resources
      .createQueryBuilder()
      .insert()
      .values({ ...resource })
      .orIgnore()
      .returning(['id'])
      .execute();
    return (inserted.raw as unknown[]).length === 1;
  }

  async find(tenantId: string, type: ResourceType, id: string): Promise<Resource | undefined> {
    return (await this.#resources.findOneBy({ tenantId, type, id })) ?? undefined;
  }

  list(tenantId: string, { type, limit, after }: ResourcePage): Promise<Resource[]> {
    return this.#resources.find({
      where: { tenantId, type, ...(after !== undefined && { id: MoreThan(after) }) },
      order: { id: 'ASC' },
      take: limit,
    });
  }

  async delete(tenantId: string, type: ResourceType, id: string): Promise<boolean> {
    const { affected } = await this.#resources.delete({ tenantId, type, id });
    return affected === 1;
  }

  get #resources(): Repository<TenantResourceEntity> {
    return this.dataSource.getRepository(TenantResourceEntity);
  }
}
