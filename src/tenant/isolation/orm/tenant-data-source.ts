import type pg from 'pg';
import type {
  DataSourceOptions,
  EntityTarget,
  ObjectLiteral,
  QueryRunner,
  ReplicationMode,
  SelectQueryBuilder,
} from 'typeorm';
import { DataSource } from 'typeorm';
import { ConfigurationError, StatementRefusedError } from '../../errors/isolation.errors.js';
import { assertLeastPrivilege } from '../login-check.js';
import { TenantPool, type TenantPoolConfig } from '../client/tenant-pool.js';
import { EntityTenancies } from './entity-tenancy.js';
import type { TenantAwareDataSource } from './tenant-aware.js';
import { connectionOf, type PostgresOptions, tenantDataSourceOptions } from './tenant-data-source-options.js';
import { refuseUnboundQueries } from './tenant-parameter.js';
import { tenantQueryBuilders } from './tenant-query-builders.js';
import { tenantQueryRunner } from './tenant-query-runner.js';
import { TenantSubscriber } from './tenant-subscriber.js';
import { assertSupportedTypeOrm } from './typeorm-internals.js';

/**
 * A TypeORM data source whose repositories, managers and query builders see and write only what is the tenant's
 * of the running scope. Nothing of TypeORM is patched: other data sources of the process are as they were.
 *
 * SQL given as text (`manager.query`, fragments in `select` or `orderBy`) is beyond it; row-level security
 * holds there.
 *
 * @throws ConfigurationError when constructed, for options that work against isolation; when initialized, for
 *   entities that cannot be isolated, all of them in one message.
 * @example
 * TypeOrmModule.forRootAsync({
 *   useFactory: () => ({ type: 'postgres', url, entities: [Agent] }),
 *   dataSourceFactory: async (options) => new TenantDataSource(options),
 * })
 */
export class TenantDataSource extends DataSource implements TenantAwareDataSource {
  /** For tests of this class alone, which put pg's own pool here. */
  protected static readonly Pool: typeof pg.Pool = TenantPool;

  readonly builders = tenantQueryBuilders;
  #tenancies: EntityTenancies | undefined;

  constructor(options: DataSourceOptions | undefined) {
    assertSupportedTypeOrm();
    super(tenantDataSourceOptions(options, new.target.Pool));
    refuseUnboundQueries(this.driver);
  }

  /** Whose rows each entity holds. */
  get tenancies(): EntityTenancies {
    if (!this.#tenancies) {
      throw new ConfigurationError('The TenantDataSource is not initialized. Call initialize() first.');
    }
    return this.#tenancies;
  }

  override createQueryBuilder<Entity extends ObjectLiteral>(
    entity: EntityTarget<Entity>,
    alias: string,
    queryRunner?: QueryRunner,
  ): SelectQueryBuilder<Entity>;
  override createQueryBuilder(queryRunner?: QueryRunner): SelectQueryBuilder<ObjectLiteral>;
  override createQueryBuilder<Entity extends ObjectLiteral>(
    entityOrRunner?: EntityTarget<Entity> | QueryRunner,
    alias?: string,
    queryRunner?: QueryRunner,
  ): SelectQueryBuilder<ObjectLiteral> {
    return this.builders.select<ObjectLiteral>(
      alias
        ? super.createQueryBuilder(entityOrRunner as EntityTarget<Entity>, alias, queryRunner)
        : super.createQueryBuilder(entityOrRunner as QueryRunner),
    );
  }

  override createQueryRunner(mode?: ReplicationMode): QueryRunner {
    return tenantQueryRunner(super.createQueryRunner(mode));
  }

  /** @throws StatementRefusedError always: the keys of the database differ from those entities declare. */
  override synchronize(): Promise<never> {
    return Promise.reject(
      new StatementRefusedError(
        'synchronize() would undo the keys of the database. Generate migrations instead.',
      ),
    );
  }

  override async initialize(): Promise<this> {
    await this.assertServingLogin();
    return super.initialize();
  }

  /** @throws ConfigurationError when the login could read tenants' rows by itself. */
  protected assertServingLogin(): Promise<void> {
    const options = this.options as PostgresOptions;
    const { tenantRole } = (options.extra ?? {}) as Pick<TenantPoolConfig, 'tenantRole'>;
    return assertLeastPrivilege('login', connectionOf(options), tenantRole);
  }

  protected override async buildMetadatas(): Promise<void> {
    await super.buildMetadatas();
    this.#tenancies = EntityTenancies.of(this.entityMetadatas);
    this.subscribers.push(new TenantSubscriber(this.#tenancies));
  }
}
