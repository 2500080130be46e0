import type { Provider } from '@nestjs/common';
import { TenantEvents } from './events/tenant-events.js';
import { TenantCache } from './registry/cache/tenant-cache.js';
import { TenantChangeListener } from './registry/cache/tenant-change-listener.js';
import { TENANT_MODULE_OPTIONS } from './tenant.module-definition.js';
import type { TenantModuleOptions } from './tenant.options.js';

/** Copies of tenants for the path of a request, and who says when they are outdated. */
export const tenantCacheProviders: Provider[] = [
  {
    provide: TenantCache,
    inject: [TENANT_MODULE_OPTIONS, TenantEvents],
    useFactory: (options: TenantModuleOptions, events: TenantEvents) => {
      const cache = new TenantCache(options.store, options.cache);
      // What this process changed holds here at once; it need not come back by way of the database.
      events.onAny((event) => {
        if ('tenantSlug' in event) cache.drop(event.tenantId); // only a change of the tenant itself names its slug
      });
      return cache;
    },
  },
  {
    provide: TenantChangeListener,
    inject: [TENANT_MODULE_OPTIONS, TenantCache],
    useFactory: ({ cache }: TenantModuleOptions, copies: TenantCache) =>
      cache?.listenUrl === undefined ? undefined : new TenantChangeListener(cache.listenUrl, copies),
  },
];
