import type { MigrationInterface } from 'typeorm';
import { Foundation1764000000000 } from '../../migrations/1764000000000-foundation.js';
import { Quotas1764500000000 } from '../../migrations/1764500000000-quotas.js';

/** In the order they are applied. Listed by hand: a glob finds other files in `dist` than in the sources. */
export const MIGRATIONS: readonly (new () => MigrationInterface)[] = [
  Foundation1764000000000,
  Quotas1764500000000,
];
