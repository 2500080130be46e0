import type { MigrationInterface } from 'typeorm';
import { Foundation1764000000000 } from '../../migrations/1764000000000-foundation.js';
import { Quotas1764500000000 } from '../../migrations/1764500000000-quotas.js';
import { RateLimits1765000000000 } from '../../migrations/1765000000000-rate-limits.js';
import { ActivityAlerts1765000000001 } from '../../migrations/1765000000001-activity-alerts.js';

/** In the order they are applied. Listed by hand: a glob finds other files in `dist` than in the sources. */
export const MIGRATIONS: readonly (new () => MigrationInterface)[] = [
  Foundation1764000000000,
  Quotas1764500000000,
  RateLimits1765000000000,
  ActivityAlerts1765000000001,
];
