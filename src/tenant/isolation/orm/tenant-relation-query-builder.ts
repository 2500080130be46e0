import type { ObjectLiteral } from 'typeorm';
import { RelationQueryBuilder } from 'typeorm';
import { tenantAware } from './tenant-aware-builder.js';

/** Sets, adds and removes related rows through the query builders it makes, which are tenant-aware as it is. */
export class TenantRelationQueryBuilder<Entity extends ObjectLiteral> extends tenantAware(
  RelationQueryBuilder,
)<Entity> {}
