import type { Seed } from './seed.js';

export const GRANT_SEEDS: readonly Seed[] = [
  { rule: 'login-reaches-table', object: 'agents', seed: ['GRANT SELECT ON agents TO $login'] },
  { rule: 'login-reaches-table', object: 'agents', seed: ['GRANT SELECT (name) ON agents TO $control'] },
  { rule: 'granted-to-public', object: 'api_keys', seed: ['GRANT SELECT ON api_keys TO PUBLIC'] },
  { rule: 'granted-to-public', object: 'agents', seed: ['GRANT SELECT (id) ON agents TO PUBLIC'] },
  { rule: 'privilege-outside-rls', object: 'agents', seed: ['GRANT TRUNCATE ON agents TO $tenantApp'] },
  { rule: 'privilege-outside-rls', object: 'agents', seed: ['GRANT REFERENCES ON agents TO $tenantApp'] },
  { rule: 'privilege-outside-rls', object: 'agents', seed: ['GRANT TRIGGER ON agents TO $platformWriter'] },
  {
    rule: 'creates-in-schema',
    object: 'schema public',
    seed: ['GRANT CREATE ON SCHEMA public TO $tenantApp'],
  },
  {
    rule: 'temporary-tables',
    object: '$tenantApp',
    seed: ['GRANT TEMP ON DATABASE $database TO PUBLIC'],
  },
  {
    rule: 'default-privileges',
    object: '$owner',
    seed: ['ALTER DEFAULT PRIVILEGES FOR ROLE $owner GRANT SELECT ON TABLES TO $tenantApp'],
  },
  {
    rule: 'default-privileges',
    object: '$owner',
    seed: ['ALTER DEFAULT PRIVILEGES FOR ROLE $owner IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC'],
  },
];
