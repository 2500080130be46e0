import type { Mutation } from '../mutation.js';

const MIGRATIONS = 'src/tenant/rate-limit/migrations';
const TAKE = `${MIGRATIONS}/rate-limit-take.function.ts`;
const limits = (name: string): string => `test/integration/rate-limit/postgres/${name}.integration-spec.ts`;

/** What keeps a rate limit exact among processes that share PostgreSQL, and out of reach of tenants. */
export const postgresRateLimitMutations: readonly Mutation[] = [
  {
    id: 'postgres-rate-limit-lock',
    protects: 'the limit from two processes at once',
    edit: { file: TAKE, find: ' FOR NO KEY UPDATE', replace: '' },
    suites: [limits('exactness')],
  },
  {
    id: 'postgres-rate-limit-second-look',
    protects: 'the limit from whoever waited for a row and goes by what it saw before',
    edit: { file: TAKE, find: '    locked := writes;\n', replace: '    EXIT;\n' },
    suites: [limits('exactness')],
    quick: true,
  },
  {
    id: 'postgres-rate-limit-order',
    protects: 'two calls from waiting for each other',
    edit: {
      file: TAKE,
      find: 'SELECT DISTINCT name FROM unnest(writes) AS name ORDER BY name LOOP',
      replace: 'SELECT name FROM unnest(writes) AS name LOOP',
    },
    suites: [limits('exactness')],
  },
  {
    id: 'postgres-rate-limit-refused',
    protects: 'the database from writes by calls that are refused',
    edit: {
      file: TAKE,
      find: 'WHEN granted > 0 THEN moved || costly ELSE moved END',
      replace: 'ELSE moved || costly END',
    },
    suites: [limits('rows')],
  },
  {
    id: 'postgres-rate-limit-clock',
    protects: 'a full counter from staying full after the clock was set back',
    edit: {
      file: TAKE,
      find: 'WHEN granted > 0 THEN moved || costly ELSE moved END',
      replace: "WHEN granted > 0 THEN moved || costly ELSE '{}' END",
    },
    suites: [limits('contract')],
  },
  {
    id: 'postgres-rate-limit-functions',
    protects: 'the functions that count from other roles',
    edit: {
      file: `${MIGRATIONS}/create-rate-limits.ts`,
      find: 'await queryRunner.query(`REVOKE EXECUTE ON FUNCTION ${name} FROM PUBLIC`);',
      replace: '',
    },
    suites: [limits('migrations')],
  },
  {
    id: 'postgres-rate-limit-sweep',
    protects: 'a counter in use from the sweep',
    edit: {
      file: 'src/tenant/rate-limit/postgres-rate-limit.store.ts',
      find: 'WHERE expires_at <= (SELECT',
      replace: 'WHERE expires_at - 2 <= (SELECT',
    },
    suites: [limits('rows')],
  },
];
