import {
  type INestApplicationContext,
  type LoggerService,
  Module,
  type ModuleMetadata,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { InMemoryTenantStore, TenantModule, type TenantModuleOptions } from '@parallax/tenant';

/** Keeps what was logged as an error: where nobody answers a caller, the log is what says it. */
export class RecordingLogger implements LoggerService {
  readonly errors: unknown[] = [];
  log(): void {
    // Only errors count here.
  }
  warn(): void {
    // Only errors count here.
  }
  error(message: unknown): void {
    this.errors.push(message);
  }
}

/** An application without HTTP, as a command or a worker starts one. */
export async function startContext(
  metadata: ModuleMetadata,
  tenant: Partial<TenantModuleOptions> = {},
  logger: LoggerService | false = false,
): Promise<INestApplicationContext> {
  @Module({
    ...metadata,
    imports: [
      TenantModule.forRoot({ store: new InMemoryTenantStore(), ...tenant }),
      ...(metadata.imports ?? []),
    ],
  })
  class RootModule {}
  return NestFactory.createApplicationContext(RootModule, { logger });
}
