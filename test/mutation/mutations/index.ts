import type { Mutation } from '../mutation.js';
import { clientMutations } from './client.js';
import { platformMutations } from './platform.js';
import { quotaMutations } from './quotas.js';
import { schemaMutations } from './schema.js';
import { toolMutations } from './tools.js';
import { typeormMutations } from './typeorm.js';
import { wireMutations } from './wire.js';

export const MUTATIONS: readonly Mutation[] = [
  ...schemaMutations,
  ...clientMutations,
  ...wireMutations,
  ...typeormMutations,
  ...platformMutations,
  ...quotaMutations,
  ...toolMutations,
];
