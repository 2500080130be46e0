import type { TenantQueryBuilders } from './tenant-aware.js';
import { TenantDeleteQueryBuilder } from './tenant-delete-query-builder.js';
import { TenantInsertQueryBuilder } from './tenant-insert-query-builder.js';
import { TenantRelationQueryBuilder } from './tenant-relation-query-builder.js';
import { TenantSelectQueryBuilder } from './tenant-select-query-builder.js';
import { TenantSoftDeleteQueryBuilder } from './tenant-soft-delete-query-builder.js';
import { TenantUpdateQueryBuilder } from './tenant-update-query-builder.js';

export const tenantQueryBuilders: TenantQueryBuilders = {
  select: (built) =>
    built instanceof TenantSelectQueryBuilder ? built : new TenantSelectQueryBuilder(built),
  insert: (built) =>
    built instanceof TenantInsertQueryBuilder ? built : new TenantInsertQueryBuilder(built),
  update: (built) =>
    built instanceof TenantUpdateQueryBuilder ? built : new TenantUpdateQueryBuilder(built),
  delete: (built) =>
    built instanceof TenantDeleteQueryBuilder ? built : new TenantDeleteQueryBuilder(built),
  softDelete: (built) =>
    built instanceof TenantSoftDeleteQueryBuilder ? built : new TenantSoftDeleteQueryBuilder(built),
  relation: (built) =>
    built instanceof TenantRelationQueryBuilder ? built : new TenantRelationQueryBuilder(built),
};
