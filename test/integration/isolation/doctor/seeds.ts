import { CITUS_SEEDS } from './citus.seeds.js';
import { CODE_SEEDS } from './code.seeds.js';
import { GRANT_SEEDS } from './grant.seeds.js';
import { KEY_SEEDS } from './key.seeds.js';
import { POLICY_SEEDS } from './policy.seeds.js';
import { ROLE_SEEDS } from './role.seeds.js';
import { TABLE_SEEDS } from './table.seeds.js';
import type { Seed } from './seed.js';

/** Every violation the rules have to name, each alone. */
export const SEEDS: readonly Seed[] = [
  ...ROLE_SEEDS,
  ...GRANT_SEEDS,
  ...TABLE_SEEDS,
  ...POLICY_SEEDS,
  ...KEY_SEEDS,
  ...CODE_SEEDS,
  ...CITUS_SEEDS,
];
