import { type DynamicModule, type ExecutionContext, Module } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { TenantModule, TypeOrmTenantStore } from '@parallax/tenant';
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
          imports: [AuthModule],
          inject: [getDataSourceToken('control'), RequestAuthenticator],
          useFactory: (control: DataSource, authenticator: RequestAuthenticator) => ({
            store: new TypeOrmTenantStore(control),
            controlPlane: control,
            cache: { listenUrl: directUrl(config) ?? database.controlUrl },
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

/** The way to the server itself, where the other URLs go through a pooler. */
function directUrl({ database }: AppConfig): string | undefined {
  return database.kind === 'server' ? database.directUrl : undefined;
}
