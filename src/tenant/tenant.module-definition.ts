import { ConfigurableModuleBuilder } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { TenantGuard } from './resolution/tenant.guard.js';
import type { TenantModuleExtras, TenantModuleOptions } from './tenant.options.js';

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN: TENANT_MODULE_OPTIONS } =
  new ConfigurableModuleBuilder<TenantModuleOptions>({ moduleName: 'Tenant' })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createTenantOptions')
    .setExtras<TenantModuleExtras>({ isGlobal: true, globalGuard: true }, (definition, extras) => ({
      ...definition,
      global: extras.isGlobal ?? true,
      providers: [
        ...(definition.providers ?? []),
        ...(extras.globalGuard === false ? [] : [{ provide: APP_GUARD, useExisting: TenantGuard }]),
      ],
    }))
    .build();
