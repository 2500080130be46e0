import type { Mutation } from '../mutation.js';
import { alertMutations } from './alerts.js';
import { clientMutations } from './client.js';
import { platformMutations } from './platform.js';
import { poolMutations } from './pool.js';
import { postgresRateLimitMutations } from './postgres-rate-limits.js';
import { quotaMutations } from './quotas.js';
import { rateLimitMutations } from './rate-limits.js';
import { schemaMutations } from './schema.js';
import { toolMutations } from './tools.js';
import { typeormMutations } from './typeorm.js';
import { wireMutations } from './wire.js';

export const MUTATIONS: readonly Mutation[] = [
  ...schemaMutations,
  ...clientMutations,
  ...wireMutations,
  ...poolMutations,
  ...typeormMutations,
  ...platformMutations,
  ...quotaMutations,
  ...alertMutations,
  ...rateLimitMutations,
  ...postgresRateLimitMutations,
  ...toolMutations,
];
