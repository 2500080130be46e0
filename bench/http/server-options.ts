export type AdapterName = 'fastify' | 'express';

/**
 * `bare`: NestJS and nothing else. Then what the library adds, one step after the other; `whole` is all of it.
 * `assembled`: the same from nestjs-cls, \@nestjs/throttler and guards written by hand.
 */
export type StackName = 'bare' | 'scope' | 'tenant' | 'feature' | 'whole' | 'assembled';

/** What a server of its own process is to be. */
export interface ServerOptions {
  readonly adapter: AdapterName;
  readonly stack: StackName;
  /** Where documents are read; without it there is only the handler that does nothing. */
  readonly databaseUrl?: string;
  /** Calls a tenant may make in a window. */
  readonly limit: number;
  readonly windowSeconds: number;
}

export const POOL_SIZE = 10;
