import { TenantDataSource, TenantEntity, PlanEntity, TenantSchemaDataSource } from '@parallax/tenant';
import type { DataSource, DataSourceOptions } from 'typeorm';
import { Agent } from '../agents/agent.entity.js';
import { ApiKeyEntity } from '../auth/api-key.entity.js';

/** How a DataSource is made from its options; tests put another in its place. */
export type DataSourceFactory = (options: DataSourceOptions) => DataSource;

const TENANT_POOL_SIZE = 10;
const CONTROL_POOL_SIZE = 5;
/** No request of ours waits longer for one statement; a tenant's slow ones must not hold its connections for ever. */
const STATEMENT_TIMEOUT_MS = 15_000;

/** Entities of tenants. Tenant code reaches no others. */
export const TENANT_ENTITIES = [Agent, PlanEntity];

/** Entities of the control plane, beside those of tenants for platform work. */
export const CONTROL_ENTITIES = [TenantEntity, ApiKeyEntity, ...TENANT_ENTITIES];

export function tenantDataSourceOptions(url: string): DataSourceOptions {
  return {
    type: 'postgres',
    url,
    poolSize: TENANT_POOL_SIZE,
    entities: TENANT_ENTITIES,
    applicationName: 'parallax',
    extra: { statementTimeoutMs: STATEMENT_TIMEOUT_MS },
  };
}

export function controlDataSourceOptions(url: string): DataSourceOptions {
  return {
    type: 'postgres',
    url,
    poolSize: CONTROL_POOL_SIZE,
    entities: CONTROL_ENTITIES,
    applicationName: 'parallax control',
    installExtensions: false,
    extra: { connectionTimeoutMillis: 10_000 },
  };
}

export const createTenantDataSource: DataSourceFactory = (options) => new TenantDataSource(options);

export const createControlDataSource: DataSourceFactory = (options) => new TenantSchemaDataSource(options);
