import type { DataSourceOptions, EntityTarget, ObjectLiteral, QueryRunner, ReplicationMode } from 'typeorm';
import { DataSource } from 'typeorm';
import { ConfigurationError } from '../../errors/isolation.errors.js';
import { declaredTenancy } from './declared-tenancy.js';
import { assertIsolable } from './entity-tenancy.js';
import { keepForeignKeys } from './foreign-keys.js';
import { SameTenantQueryBuilder } from './same-tenant-query-builder.js';
import { keepTenantDefaults } from './tenant-default.js';
import { leadKeysWithTenant } from './tenant-keys.js';

/**
 * A TypeORM data source over the same entity classes whose keys lead with the tenant, as those of the database
 * do. Migrations are generated with it, under the login that owns the tables; a plain DataSource would plan to
 * undo the keys. It also tells apart rows of two tenants that have the same id, so it is what reads across
 * tenants. It filters nothing. Foreign keys that a migration wrote by hand, under a name of its own, are kept.
 *
 * @throws ConfigurationError when initialized, for entities that cannot be isolated, all of them in one message.
 * @example
 * // data-source.ts, for `typeorm migration:generate -d`
 * export default new TenantSchemaDataSource({ type: 'postgres', url, entities: [Agent] });
 */
export class TenantSchemaDataSource extends DataSource {
  constructor(options: DataSourceOptions | undefined) {
    if (!options) {
      throw new ConfigurationError('TenantSchemaDataSource got no options: return them from useFactory.');
    }
    super(options);
    keepTenantDefaults(this.driver);
  }

  override createQueryRunner(mode?: ReplicationMode): QueryRunner {
    return keepForeignKeys(super.createQueryRunner(mode));
  }

  override createQueryBuilder<Entity extends ObjectLiteral>(
    entity: EntityTarget<Entity>,
    alias: string,
    queryRunner?: QueryRunner,
  ): SameTenantQueryBuilder<Entity>;
  override createQueryBuilder(queryRunner?: QueryRunner): SameTenantQueryBuilder<ObjectLiteral>;
  override createQueryBuilder<Entity extends ObjectLiteral>(
    entityOrRunner?: EntityTarget<Entity> | QueryRunner,
    alias?: string,
    queryRunner?: QueryRunner,
  ): SameTenantQueryBuilder<ObjectLiteral> {
    return new SameTenantQueryBuilder(
      alias
        ? super.createQueryBuilder(entityOrRunner as EntityTarget<Entity>, alias, queryRunner)
        : super.createQueryBuilder(entityOrRunner as QueryRunner),
    );
  }

  /** Entities without tenancy, such as those of the control plane, are left as they are. */
  protected override async buildMetadatas(): Promise<void> {
    await super.buildMetadatas();
    assertIsolable(this.entityMetadatas.filter(declaredTenancy));
    leadKeysWithTenant(this.entityMetadatas, this.namingStrategy);
  }
}
