import { Module, type DynamicModule, type FactoryProvider, type ModuleMetadata } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { HEALTH_CHECKS, type HealthCheck } from './health/health-check.js';
import { Readiness } from './health/readiness.js';

export interface HealthModuleOptions
  extends
    Pick<ModuleMetadata, 'imports'>,
    Pick<FactoryProvider<readonly HealthCheck[]>, 'inject' | 'useFactory'> {}

/**
 * `/health/live` and `/health/ready`.
 *
 * @example
 * HealthModule.forRootAsync({ inject: [DataSource], useFactory: (db: DataSource) => [
 *   { name: 'database', check: async () => void (await db.query('SELECT 1')) },
 * ] })
 */
@Module({})
export class HealthModule {
  static forRootAsync({ imports = [], inject = [], useFactory }: HealthModuleOptions): DynamicModule {
    return {
      module: HealthModule,
      imports,
      controllers: [HealthController],
      providers: [{ provide: HEALTH_CHECKS, inject, useFactory }, Readiness],
      exports: [Readiness],
    };
  }
}
