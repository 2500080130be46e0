import { type Mutation, spec } from '../mutation.js';

const QUEUE = 'src/tenant/isolation/client/lease-queue.ts';
const POOL = 'src/tenant/isolation/client/tenant-pool.ts';
const CLIENT = 'src/tenant/isolation/client/tenant-client.ts';
const ENTRY = 'src/tenant/isolation/client/scope-entry.ts';

const queue = 'src/tenant/isolation/client/lease-queue.spec.ts';
const fairness = spec('pool-fairness');
const timeout = spec('statement-timeout');

/** How the connections of the pool and the time of the server are shared out among tenants. */
export const poolMutations: readonly Mutation[] = [
  {
    id: 'share-of-pool',
    protects: 'the last connection from the slow statements of one tenant',
    edit: {
      file: QUEUE,
      find: 'party === undefined || this.#takenOf(party) < this.limits.maxPerTenant',
      replace: 'party !== null',
    },
    suites: [queue],
    quick: true,
  },
  {
    id: 'turns-of-pool',
    protects: 'the first call of one tenant from the many of another',
    edit: { file: QUEUE, find: '    this.#toTheEnd(next.party);\n', replace: '' },
    suites: [queue],
  },
  {
    id: 'waiting-for-pool',
    protects: 'the process from a line without end',
    edit: { file: QUEUE, find: '    this.#assertRoom(party, line.size);\n', replace: '' },
    suites: [queue],
  },
  {
    id: 'share-after-failure',
    protects: 'the pool from losing what could not be opened',
    edit: {
      file: POOL,
      find: '    } catch (error) {\n      this.#leases.giveBack(tenantId);\n',
      replace: '    } catch (error) {\n',
    },
    suites: [fairness],
    tests: 'nothing could be opened',
  },
  {
    id: 'share-after-patience',
    protects: 'the pool from losing what came too late',
    edit: {
      file: POOL,
      find: '          client.release();\n          this.#leases.giveBack(tenantId);\n',
      replace: '',
    },
    suites: [fairness],
    tests: 'opens at last',
  },
  {
    id: 'line-after-patience',
    protects: 'the line from those whose time is up',
    edit: { file: POOL, find: '        this.#leases.giveUp(waiter);\n', replace: '' },
    suites: [fairness],
    tests: 'the place in line',
  },
  {
    id: 'timeout-of-statement',
    protects: 'the server from statements that take for ever',
    edit: {
      file: CLIENT,
      find: 'timeoutMs: statementTimeoutOf(this.#timeout, tenant),',
      replace: 'timeoutMs: undefined,',
    },
    suites: [timeout],
    tests: 'PostgreSQL 18 .*same round trip',
  },
  {
    id: 'local-timeout',
    protects: 'the next tenant from the time limit of this one',
    edit: {
      file: ENTRY,
      find: "pg_catalog.set_config('statement_timeout', $3, true)",
      replace: "pg_catalog.set_config('statement_timeout', $3, false)",
    },
    suites: [timeout],
    tests: 'PostgreSQL 18 .*nothing stays',
  },
  {
    id: 'timeout-in-transaction',
    protects: 'the server from transactions whose statements take for ever',
    edit: { file: ENTRY, find: '`SET LOCAL statement_timeout = ', replace: '`SET LOCAL lock_timeout = ' },
    suites: [timeout],
    tests: 'PostgreSQL 18 .*limits a transaction',
  },
];
