import type { Seed } from './seed.js';
import { MIXED, TABLE, scoped } from './seed-statements.js';

export const KEY_SEEDS: readonly Seed[] = [
  { rule: 'key-without-tenant', object: 'agents', seed: ['CREATE UNIQUE INDEX ON agents (name)'] },
  {
    rule: 'key-without-tenant',
    object: 'extra',
    seed: [
      `CREATE TABLE extra (tenant_id uuid NOT NULL DEFAULT current_setting('app.tenant_id')::uuid, id uuid PRIMARY KEY)`,
      ...scoped('extra'),
    ],
  },
  {
    rule: 'exclusion-without-tenant',
    object: 'agents',
    seed: ['ALTER TABLE agents ADD EXCLUDE USING hash (name WITH =)'],
  },
  {
    rule: 'foreign-key-without-tenant',
    object: 'extra',
    seed: [
      TABLE,
      ...scoped('extra'),
      'ALTER TABLE agents ADD UNIQUE (id)',
      'ALTER TABLE extra ADD FOREIGN KEY (other) REFERENCES agents (id)',
    ],
    also: ['key-without-tenant'],
  },
  {
    rule: 'foreign-key-to-mixed',
    object: 'extra',
    seed: [...MIXED, TABLE, ...scoped('extra'), 'ALTER TABLE extra ADD FOREIGN KEY (other) REFERENCES mixed'],
  },
  {
    rule: 'foreign-key-clears-tenant',
    object: 'extra',
    seed: [
      TABLE,
      ...scoped('extra'),
      'ALTER TABLE extra ADD FOREIGN KEY (tenant_id, other) REFERENCES agents (tenant_id, id) ON DELETE SET NULL',
    ],
  },
  { rule: 'index-not-led-by-tenant', object: 'agents', seed: ['CREATE INDEX ON agents (name)'] },
  { rule: 'index-not-leakproof', object: 'agents', seed: ['CREATE INDEX ON agents USING gin (metadata)'] },
  {
    rule: 'index-not-leakproof',
    object: 'agents',
    seed: [`CREATE INDEX ON agents USING gin (to_tsvector('simple', name))`],
  },
  {
    rule: 'sequence-counts-all-tenants',
    object: 'agents',
    seed: ['ALTER TABLE agents ADD number bigint GENERATED ALWAYS AS IDENTITY'],
  },
];
