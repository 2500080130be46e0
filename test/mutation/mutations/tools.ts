import { type Mutation, spec } from '../mutation.js';

const LEAKS = 'src/tenant/testing/expect-no-leak';
const doctor = spec('doctor/inspect-isolation');
const noLeak = 'test/integration/testing/expect-no-leak.integration-spec.ts';

/** What looks for leaks itself: blind, it would find an application safe. */
export const toolMutations: readonly Mutation[] = [
  {
    id: 'doctor-rules',
    protects: 'against a database that is not as it was set up',
    edit: {
      file: 'src/tenant/isolation/doctor/inspect-isolation.ts',
      find: 'await findInCatalogs(client, rules, question)',
      replace: 'await findInCatalogs(client, rules.slice(0, 1), question)',
    },
    suites: [doctor],
    tests: 'names (policy|rls|table)',
  },
  {
    id: 'doctor-at-start',
    protects: 'against serving from a database that is not as it was set up',
    edit: {
      file: 'src/tenant/isolation/login-check.ts',
      find: 'await findInCatalogs(client, AT_START, { roles })',
      replace: 'await findInCatalogs(client, AT_START.slice(0, 1), { roles })',
    },
    suites: [spec('login-check')],
  },
  {
    id: 'doctor-policy-meaning',
    protects: 'against a policy of the right role and command that means something else',
    edit: {
      file: 'src/tenant/isolation/doctor/facts.ts',
      find: `
        AND policy.sees = expected.expression
        AND (policy.command = 'SELECT' OR policy.writes = expected.expression)`,
      replace: '',
    },
    suites: [doctor],
    tests: 'names policy',
  },
  {
    id: 'no-leak-marks',
    protects: "against another tenant's text in an answer",
    edit: {
      file: `${LEAKS}/oracles/marks.ts`,
      find: 'return [...inHeaders, ...inBody];',
      replace: 'return inBody.length > 0 ? inHeaders : [];',
    },
    suites: [noLeak],
    tests: 'fastify finds (a list that is not filtered|a header about)',
  },
  {
    id: 'no-leak-counts',
    protects: "against totals that count another tenant's rows",
    edit: {
      file: `${LEAKS}/attacks/count-attack.ts`,
      find: 'return told.length > 0 ? [[route, told]] : [];',
      replace: 'return told.length > 99 ? [[route, told]] : [];',
    },
    suites: [noLeak],
    tests: 'fastify finds a total of all tenants',
  },
  {
    id: 'adopt-lock-timeout',
    protects: 'a running application from who waits for a lock in front of it',
    edit: {
      file: 'src/tenant/setup/adopt/run-action.ts',
      find: 'SET LOCAL lock_timeout = ${lockTimeoutMs}',
      replace: 'SET LOCAL lock_timeout = 0',
    },
    suites: ['test/integration/adopt/guards.integration-spec.ts'],
    tests: 'gives way to a long reader',
  },
];
