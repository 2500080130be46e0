import type { Seed } from './seed.js';
import { TABLE, scoped } from './seed-statements.js';

export const TABLE_SEEDS: readonly Seed[] = [
  { rule: 'table-without-rls', object: 'agents', seed: ['ALTER TABLE agents DISABLE ROW LEVEL SECURITY'] },
  {
    rule: 'table-without-rls',
    object: 'log',
    seed: [
      'CREATE TABLE log (line text)',
      'ALTER TABLE log OWNER TO $owner',
      'GRANT INSERT ON log TO $tenantApp',
    ],
  },
  {
    rule: 'partition-without-rls',
    object: 'part',
    seed: [
      `CREATE TABLE extra (tenant_id uuid NOT NULL DEFAULT current_setting('app.tenant_id')::uuid, id uuid NOT NULL, PRIMARY KEY (tenant_id, id)) PARTITION BY HASH (tenant_id)`,
      ...scoped('extra'),
      'CREATE TABLE part PARTITION OF extra FOR VALUES WITH (MODULUS 1, REMAINDER 0)',
      'ALTER TABLE part OWNER TO $owner',
      'GRANT SELECT ON part TO $tenantApp',
    ],
  },
  {
    rule: 'partition-without-rls',
    object: 'heir',
    seed: [
      'CREATE TABLE heir () INHERITS (agents)',
      'ALTER TABLE heir OWNER TO $owner',
      'GRANT SELECT ON heir TO $tenantApp',
    ],
  },
  { rule: 'rls-not-forced', object: 'agents', seed: ['ALTER TABLE agents NO FORCE ROW LEVEL SECURITY'] },
  {
    rule: 'tenant-column-missing',
    object: 'log',
    seed: [
      'CREATE TABLE log (line text)',
      'ALTER TABLE log OWNER TO $owner',
      'ALTER TABLE log ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY',
      'GRANT SELECT ON log TO $tenantApp',
    ],
  },
  {
    rule: 'tenant-column-nullable',
    object: 'extra',
    seed: [
      `CREATE TABLE extra (tenant_id uuid DEFAULT current_setting('app.tenant_id')::uuid, id uuid)`,
      ...scoped('extra'),
    ],
  },
  {
    rule: 'tenant-column-type',
    object: 'extra',
    seed: [
      'CREATE DOMAIN tenant AS uuid',
      TABLE,
      'ALTER TABLE extra ALTER COLUMN tenant_id TYPE tenant',
      ...scoped('extra'),
    ],
    also: ['policy-foreign'],
  },
  {
    rule: 'tenant-column-default',
    object: 'agents',
    seed: ['ALTER TABLE agents ALTER COLUMN tenant_id DROP DEFAULT'],
  },
  {
    rule: 'tenant-column-default',
    object: 'agents',
    seed: [
      `ALTER TABLE agents ALTER COLUMN tenant_id SET DEFAULT current_setting('app.tenant_id', true)::uuid`,
    ],
  },
  { rule: 'table-of-another-owner', object: 'agents', seed: ['ALTER TABLE agents OWNER TO CURRENT_USER'] },
  {
    rule: 'rewrite-rule',
    object: 'agents',
    seed: ['CREATE RULE copy AS ON INSERT TO agents DO ALSO NOTHING'],
  },
  { rule: 'published-table', object: 'agents', seed: ['CREATE PUBLICATION p FOR TABLE agents'] },
];
