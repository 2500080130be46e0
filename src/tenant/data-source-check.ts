import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { ConfigurationError } from './errors/isolation.errors.js';
import { TenantDataSource } from './isolation/orm/tenant-data-source.js';
import { TenantSchemaDataSource } from './isolation/orm/tenant-schema-data-source.js';
import { tenancyOf } from './isolation/tenant-scoped.decorator.js';

/** Refuses to start when a tenant's entity is reachable through a DataSource that would not filter it. */
@Injectable()
export class DataSourceCheck implements OnModuleInit {
  constructor(private readonly modules: ModulesContainer) {}

  onModuleInit(): void {
    const providers = [...this.modules.values()].flatMap((module) => [...module.providers.values()]);
    const dataSources = new Set(
      providers.map(({ instance }): unknown => instance).filter((instance) => instance instanceof DataSource),
    );
    for (const dataSource of dataSources) this.assertFiltering(dataSource);
  }

  private assertFiltering(dataSource: DataSource): void {
    if (dataSource instanceof TenantDataSource || dataSource instanceof TenantSchemaDataSource) return;
    const scoped = dataSource.entityMetadatas
      .filter(
        ({ target }) => typeof target === 'function' && ['scoped', 'mixed'].includes(tenancyOf(target) ?? ''),
      )
      .map(({ name }) => name);
    if (scoped.length > 0) {
      throw new ConfigurationError(
        `${scoped.join(', ')} would be read unfiltered through a plain DataSource. Wire it with ` +
          '`dataSourceFactory: async (options) => new TenantDataSource(options)` in TypeOrmModule.forRootAsync.',
      );
    }
  }
}
