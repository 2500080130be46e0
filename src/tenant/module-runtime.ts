import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { PlanDirectory } from './catalog/plan-directory.js';
import type { PayloadSigner } from './context/payload-signer.js';
import type { PlatformWork } from './context/platform-work.js';
import type { TenantContext } from './context/tenant-context.js';
import { type PlatformActor, registerRuntime, type TenantRuntime } from './context/tenant-runtime.js';
import { ConfigurationError } from './errors/isolation.errors.js';
import { PlatformWorker } from './isolation/platform-worker.js';
import { HmacPayloadSigner } from './jobs/hmac-payload-signer.js';
import type { QuotaGate } from './context/quota-gate.js';
import type { LimitHeaders } from './context/rate-limit-headers.js';
import { QuotaHolder } from './quotas/quota-holder.js';
import { QuotaManager } from './quotas/quota.manager.js';
import { contextOf } from './registry/tenant-context.loader.js';
import { TenantService } from './registry/tenant.service.js';
import { TENANT_MODULE_OPTIONS } from './tenant.module-definition.js';
import type { TenantModuleOptions } from './tenant.options.js';

/** What the free functions of the context level work through, for as long as the module runs. */
@Injectable()
export class ModuleRuntime implements TenantRuntime, OnModuleInit, OnApplicationShutdown {
  readonly #platform: PlatformWorker | undefined;
  #unregister: () => void = () => undefined;

  readonly #signer: PayloadSigner | undefined;
  readonly quotas: QuotaGate;
  readonly limitHeaders: LimitHeaders;

  constructor(
    @Inject(TENANT_MODULE_OPTIONS) { controlPlane, payloads, limitHeaders = 'standard' }: TenantModuleOptions,
    private readonly tenants: TenantService,
    private readonly plans: PlanDirectory,
    quotas: QuotaManager,
  ) {
    this.quotas = new QuotaHolder(quotas, plans);
    this.limitHeaders = limitHeaders;
    this.#platform = controlPlane && new PlatformWorker(controlPlane);
    this.#signer = payloads && new HmacPayloadSigner(payloads);
  }

  get payloadSigner(): PayloadSigner {
    if (!this.#signer) {
      throw new ConfigurationError(
        'serializeTenantContext() and runTenantJob() need the option `payloads: { keys: [secret] }` of TenantModule.',
      );
    }
    return this.#signer;
  }

  onModuleInit(): void {
    this.#unregister = registerRuntime(this);
  }

  onApplicationShutdown(): void {
    this.#unregister();
  }

  async loadContext(given: Pick<TenantContext, 'tenantId'> & Partial<TenantContext>): Promise<TenantContext> {
    return contextOf(await this.tenants.getTenant(given.tenantId), this.plans, given);
  }

  runAsPlatform<T>(
    actor: PlatformActor,
    work: PlatformWork,
    fn: (manager: EntityManager) => Promise<T>,
  ): Promise<T> {
    if (!this.#platform) {
      throw new ConfigurationError('runAsPlatform needs the option `controlPlane` of TenantModule.');
    }
    return this.#platform.run(actor, work, fn);
  }
}
