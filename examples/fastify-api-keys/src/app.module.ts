import { Module } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import {
  definePlans,
  PlanEntity,
  TenantDataSource,
  TenantEntity,
  TenantModule,
  TenantSchemaDataSource,
  TypeOrmTenantStore,
} from '@parallax/tenant';
import type { DataSource } from 'typeorm';
import { ApiKey, principalOf } from './api-keys.js';
import { databaseUrl } from './environment.js';
import { Project } from './project.entity.js';
import { ProjectsController } from './projects.controller.js';

const plans = definePlans({
  limits: ['maxProjects'],
  features: ['dataExport'],
  plans: {
    free: { version: 1, priceCents: 0, limits: { maxProjects: 2 }, features: [] },
    team: { version: 1, priceCents: 29_00, limits: { maxProjects: null }, features: ['dataExport'] },
  },
});

const tenantUrl = await databaseUrl('DATABASE_URL', 'login');
const controlUrl = await databaseUrl('CONTROL_DATABASE_URL', 'control');

@Module({
  imports: [
    // Tenants' rows. TenantDataSource is what keeps them apart.
    TypeOrmModule.forRootAsync({
      useFactory: () => ({ type: 'postgres', url: tenantUrl, entities: [Project] }),
      dataSourceFactory: async (options) => new TenantDataSource(options),
    }),
    // The control plane: which tenants there are, and whose the API keys are.
    TypeOrmModule.forRootAsync({
      name: 'control',
      useFactory: () => ({
        type: 'postgres',
        url: controlUrl,
        entities: [TenantEntity, PlanEntity, ApiKey],
        installExtensions: false,
      }),
      dataSourceFactory: async (options) => new TenantSchemaDataSource(options),
    }),
    TenantModule.forRootAsync({
      inject: [getDataSourceToken('control')],
      useFactory: (control: DataSource) => ({
        store: new TypeOrmTenantStore(control),
        controlPlane: control,
        plans,
        principal: (context) => principalOf(control.getRepository(ApiKey), context),
      }),
    }),
    TenantModule.forFeature([Project]),
  ],
  controllers: [ProjectsController],
})
export class AppModule {}
