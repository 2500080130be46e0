import type {
  DataSource,
  DeleteQueryBuilder,
  InsertQueryBuilder,
  ObjectLiteral,
  QueryBuilder,
  RelationQueryBuilder,
  SelectQueryBuilder,
  UpdateQueryBuilder,
} from 'typeorm';
import type { SoftDeleteQueryBuilder } from 'typeorm/query-builder/SoftDeleteQueryBuilder.js';
import type { EntityTenancies } from './entity-tenancy.js';

/** Turns what TypeORM built into a query builder that adds the tenant; leaves alone what already does. */
export interface TenantQueryBuilders {
  select<Entity extends ObjectLiteral>(built: QueryBuilder<Entity>): SelectQueryBuilder<Entity>;
  insert<Entity extends ObjectLiteral>(built: QueryBuilder<Entity>): InsertQueryBuilder<Entity>;
  update<Entity extends ObjectLiteral>(built: QueryBuilder<Entity>): UpdateQueryBuilder<Entity>;
  delete<Entity extends ObjectLiteral>(built: QueryBuilder<Entity>): DeleteQueryBuilder<Entity>;
  softDelete<Entity extends ObjectLiteral>(built: QueryBuilder<Entity>): SoftDeleteQueryBuilder<Entity>;
  relation<Entity extends ObjectLiteral>(built: QueryBuilder<Entity>): RelationQueryBuilder<Entity>;
}

/** What a query builder that adds the tenant asks of the data source it belongs to. */
export interface TenantAwareDataSource extends DataSource {
  readonly tenancies: EntityTenancies;
  /** Here and not imported by the builders, which make one another and would import in a circle. */
  readonly builders: TenantQueryBuilders;
}
