import { type DynamicModule, type ExecutionContext, Module } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import {
  RateLimitConfigs,
  type RateLimitStore,
  TenantModule,
  type TenantModuleOptions,
  TypeOrmTenantStore,
} from '@parallax/tenant';
import type { DataSource } from 'typeorm';
import { AgentsModule } from './agents/agents.module.js';
import { presentAlert } from './alerts/alert-webhook.js';
import { AlertsModule } from './alerts/alerts.module.js';
import { AuthModule } from './auth/auth.module.js';
import { RequestAuthenticator } from './auth/request-authenticator.js';
import type { AppConfig } from './config/app-config.js';
import { ConfigModule } from './config/config.module.js';
import type { DataSourceFactory } from './database/data-sources.js';
import { DatabaseModule } from './database/database.module.js';
import type { PreparedDatabase } from './database/prepared-database.js';
import { databaseHealth } from './database/health-checks.js';
import { EdgeModule } from './edge/edge.module.js';
import { HealthModule } from './edge/health.module.js';
import { RATE_LIMIT_STORE, RateLimitStoreModule } from './rate-limits/rate-limit-store.module.js';
import { tenantReference } from './tenants/tenant-reference.js';
import { TenantsModule } from './tenants/tenants.module.js';

export interface AppModuleOptions {
  readonly config: AppConfig;
  readonly database: Pick<PreparedDatabase, 'tenantUrl' | 'controlUrl'>;
  readonly createTenantDataSource?: DataSourceFactory;
}

/** The composition root: everything the backend is made of. */
@Module({})
export class AppModule {
  static register({ config, database, createTenantDataSource }: AppModuleOptions): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config),
        DatabaseModule.forRoot(database, createTenantDataSource),
        EdgeModule,
        HealthModule.forRootAsync(databaseHealth),
        TenantModule.forRootAsync({
          imports: [AuthModule, RateLimitStoreModule],
          inject: [getDataSourceToken('control'), RequestAuthenticator, RATE_LIMIT_STORE],
          useFactory: (
            control: DataSource,
            authenticator: RequestAuthenticator,
            rateLimitStore: RateLimitStore | null,
          ) => ({
            store: new TypeOrmTenantStore(control),
            controlPlane: control,
            cache: { listenUrl: directUrl(config) ?? database.controlUrl },
            ...rateLimitOptions(config, rateLimitStore),
            payloads: { keys: [config.secretKey] },
            ...(config.alertWebhook && {
              alerts: { webhook: { ...config.alertWebhook, present: presentAlert } },
            }),
            headerName: config.tenantHeader,
            ...(config.defaultTenant !== undefined && { defaultTenant: config.defaultTenant }),
            conflict: 'reject',
            parseReference: tenantReference,
            principal: (context: ExecutionContext) => authenticator.principalOf(context),
          }),
        }),
        AuthModule,
        TenantsModule,
        AlertsModule,
        AgentsModule,
      ],
    };
  }
}

function rateLimitOptions(
  { rateLimits: { apiRequestsPerMinute, addressRequestsPerMinute } }: AppConfig,
  store: RateLimitStore | null,
): Pick<TenantModuleOptions, 'rateLimits' | 'rateLimiter'> {
  return {
    rateLimits:
      apiRequestsPerMinute > 0
        ? [{ path: '/api', ...RateLimitConfigs.API_REQUESTS, limit: apiRequestsPerMinute }]
        : [],
    rateLimiter: {
      ...(store && { store }),
      ...(addressRequestsPerMinute > 0 && { address: { limit: addressRequestsPerMinute, window: 60 } }),
    },
  };
}

/** The way to the server itself, where the other URLs go through a pooler. */
function directUrl({ database }: AppConfig): string | undefined {
  return database.kind === 'server' ? database.directUrl : undefined;
}
