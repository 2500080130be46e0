import { type DynamicModule, Module } from '@nestjs/common';
import { ConfigurationError } from './errors/isolation.errors.js';
import { tenancyOf } from './isolation/tenant-scoped.decorator.js';

export type EntityClass = abstract new (...args: never[]) => object;

@Module({})
export class TenantFeatureModule {
  static of(repositories: DynamicModule, entities: readonly EntityClass[]): DynamicModule {
    const unmarked = entities.filter((entity) => !tenancyOf(entity)).map(({ name }) => name);
    if (unmarked.length > 0) {
      throw new ConfigurationError(
        `TenantModule.forFeature: ${unmarked.join(', ')} ${unmarked.length > 1 ? 'are' : 'is'} neither ` +
          '@TenantScoped() nor @TenantShared(). Say which, or use TypeOrmModule.forFeature with a plain DataSource.',
      );
    }
    return { module: TenantFeatureModule, imports: [repositories], exports: [repositories] };
  }
}
