import type { Mutation } from '../mutation.js';
import { clientMutations } from './client.js';
import { platformMutations } from './platform.js';
import { schemaMutations } from './schema.js';
import { typeormMutations } from './typeorm.js';

export const MUTATIONS: readonly Mutation[] = [
  ...schemaMutations,
  ...clientMutations,
  ...typeormMutations,
  ...platformMutations,
];
