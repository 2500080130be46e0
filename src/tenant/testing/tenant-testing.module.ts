import { type DynamicModule, Module } from '@nestjs/common';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { InMemoryTenantStore } from '../registry/in-memory-tenant.store.js';
import { TenantModule } from '../tenant.module.js';
import type { TenantModuleExtras, TenantModuleOptions } from '../tenant.options.js';
import { actingPrincipal } from './test-principal.js';

/** What TenantTestingModule can be told; each option is TenantModule's. */
export type TenantTestingOptions = Partial<TenantModuleOptions> & TenantModuleExtras;

/**
 * TenantModule for unit tests and tests of controllers, without a database: tenants are in memory, and a request is
 * of whoever `actingAs` says. Tenants come from `createTestTenant`. What reads rows needs a database, and the
 * application's own modules.
 *
 * @throws ConfigurationError in production, where a header would let everybody in.
 * @example
 * const module = await Test.createTestingModule({
 *   imports: [TenantTestingModule.forRoot()],
 *   providers: [GreetingService],
 * }).compile();
 * const acme = await createTestTenant(module, { plan: 'professional' });
 *
 * await acme.run(() => module.get(GreetingService).greet());
 */
@Module({})
export class TenantTestingModule {
  static forRoot(options: TenantTestingOptions = {}): DynamicModule {
    if (process.env['NODE_ENV'] === 'production') {
      throw new ConfigurationError(
        'TenantTestingModule believes a header about who is calling, and NODE_ENV is "production". Import TenantModule.',
      );
    }
    const module = TenantModule.forRoot({
      store: new InMemoryTenantStore(),
      principal: actingPrincipal,
      ...options,
    });
    return { module: TenantTestingModule, imports: [module], exports: [module] };
  }
}
