import { type Mutation, spec } from '../mutation.js';

const QUERY = 'src/tenant/isolation/client/scoped-query.ts';
const ENTRY = 'src/tenant/isolation/client/scope-entry.ts';
const CLIENT = 'src/tenant/isolation/client/tenant-client.ts';
const POOL = 'src/tenant/isolation/client/tenant-pool.ts';
const INTERNALS = 'src/tenant/isolation/client/pg-internals.ts';
const STATEMENT = 'src/tenant/isolation/client/statement.ts';

const client = spec('tenant-client');
const pool = spec('tenant-pool');
const statement = 'src/tenant/isolation/client/statement.spec.ts';

/** What the scoped client and its pool do before and after a statement. */
export const clientMutations: readonly Mutation[] = [
  {
    id: 'role-of-statement',
    protects: 'tables from the login role',
    edit: { file: ENTRY, find: "pg_catalog.set_config('role', $1, true)", replace: '$1::text' },
    suites: [client],
    tests: 'a statement reads the rows of its own',
    quick: true,
  },
  {
    id: 'local-setting',
    protects: 'the next statement from the scope of this one',
    edit: {
      file: ENTRY,
      find: "pg_catalog.set_config('app.tenant_id', $2, true)",
      replace: "pg_catalog.set_config('app.tenant_id', $2, false)",
    },
    suites: [client],
    tests: 'leaves nothing on the connection',
  },
  {
    id: 'local-role',
    protects: 'the next statement from the role of this one',
    edit: {
      file: ENTRY,
      find: "pg_catalog.set_config('role', $1, true)",
      replace: "pg_catalog.set_config('role', $1, false)",
    },
    suites: [client],
    tests: 'a statement',
  },
  {
    id: 'role-of-transaction',
    protects: 'tables from the login role',
    edit: {
      file: ENTRY,
      find: '    `SET LOCAL ROLE ${pg.escapeIdentifier(role)}`,\n',
      replace: '',
    },
    suites: [client],
    tests: 'a transaction keeps its tenant',
  },
  {
    id: 'local-in-transaction',
    protects: 'what follows a transaction from its scope',
    edit: { file: ENTRY, find: '`SET LOCAL app.tenant_id = ', replace: '`SET app.tenant_id = ' },
    suites: [client],
    tests: 'leaves nothing on the connection',
  },
  {
    id: 'nested-begin',
    protects: 'a transaction from a second beginning',
    edit: {
      file: QUERY,
      find: "        if (this.#inTransaction) return new StatementRefusedError('a transaction is already open.');\n",
      replace: '',
    },
    suites: [client],
    tests: 'answers BEGIN with one',
  },
  {
    id: 'settled-error',
    protects: 'who releases after an error from a state that is out of date',
    edit: {
      file: QUERY,
      find: '    if (!(error instanceof pg.DatabaseError) || connection.stream.destroyed) {',
      replace: '    if (connection) {',
    },
    suites: [pool],
    tests: 'whose last statement failed',
  },
  {
    id: 'release-in-transaction',
    protects: 'the next tenant from an open transaction',
    edit: { file: INTERNALS, find: " &&\n    client.getTransactionStatus() === 'I'", replace: '' },
    suites: [pool],
    tests: 'destroys one with',
    quick: true,
  },
  {
    id: 'release-while-busy',
    protects: 'the next tenant from a statement that still runs',
    edit: {
      file: INTERNALS,
      find: '    internals.readyForQuery &&\n    !internals._getActiveQuery() &&\n    internals._queryQueue.length === 0 &&\n',
      replace: '',
    },
    suites: [pool],
    tests: 'destroys one with',
  },
  {
    id: 'take-back',
    protects: 'the next tenant from who kept the connection',
    edit: { file: POOL, find: '      client.takeBack();\n', replace: '' },
    suites: [pool],
  },
  {
    id: 'released-twice',
    protects: 'a connection from who had it before',
    edit: {
      file: POOL,
      find: "      if (released) throw new Error('This connection was released already.');\n",
      replace: '',
    },
    suites: [pool],
  },
  {
    id: 'scope-against-lease',
    protects: 'a connection of one tenant from code of another',
    edit: {
      file: CLIENT,
      find: '    if (tenantId !== this.#lease.tenantId) {',
      replace: '    if (tenantId === undefined && this.#lease.tenantId !== undefined) {',
    },
    suites: [client],
    tests: 'somebody else opened|is not joined',
    quick: true,
  },
  {
    id: 'scope-at-call',
    protects: 'against the scope of whoever releases the connection',
    edit: [
      {
        file: POOL,
        find: ': this.#openInTurn(tenantId)',
        replace: ': this.#openInTurn(tenantId, (now) => (tenantId = now))',
      },
      {
        file: POOL,
        find: '#openInTurn(tenantId: string | undefined): Promise<LentClient> {',
        replace:
          '#openInTurn(tenantId: string | undefined, told: (now?: string) => void): Promise<LentClient> {',
      },
      {
        file: POOL,
        find: 'const grant = (): void => {',
        replace: 'const grant = (): void => {\n        told(tryGetTenantContext()?.tenantId);',
      },
    ],
    suites: [client],
    tests: 'alternating on one connection pool',
  },
  {
    id: 'callback-in-scope',
    protects: 'a callback from the scope of the socket',
    edit: { file: CLIENT, find: 'AsyncResource.bind(done)', replace: 'done' },
    suites: [pool],
    tests: 'runs callbacks',
  },
  {
    id: 'socket-outside-scope',
    protects: 'sockets from the scope of who opened them',
    edit: { file: POOL, find: 'runOutsideScope(() => super.connect())', replace: 'super.connect()' },
    suites: [pool],
  },
  {
    id: 'without-scope',
    protects: 'against statements without a tenant',
    edit: {
      file: CLIENT,
      find: 'if (WITHOUT_SCOPE.has(text)) return undefined;',
      replace: 'return undefined;',
    },
    suites: [client],
    tests: 'without a scope',
  },
  {
    id: 'canonical-id',
    protects: 'against a tenant id spelled otherwise',
    edit: {
      file: CLIENT,
      find: 'if (!isCanonicalTenantId(tenant.tenantId))',
      replace: 'if (tenantId === text)',
    },
    suites: [client],
    tests: 'without a scope',
  },
  {
    id: 'extended-protocol',
    protects: 'against several statements in one text',
    edit: {
      file: QUERY,
      find: 'return this.#convertValues() ?? super.submit(connection);',
      replace: 'return ((this.queryMode = undefined), this.#convertValues()) ?? super.submit(connection);',
    },
    suites: [client],
    tests: 'cannot reach the setting',
  },
  {
    id: 'ready-made-query',
    protects: 'against several statements in one text',
    edit: {
      file: 'src/tenant/isolation/client/cursor.ts',
      find: "submittable instanceof pg.Query || typeof read !== 'function' || typeof close !== 'function'",
      replace: '!read && !close && !submittable',
    },
    suites: [client],
    tests: 'ready-made',
  },
  {
    id: 'cursor-in-transaction',
    protects: 'rows that a cursor reads after its scope',
    edit: {
      file: CLIENT,
      find: "    if (this.getTransactionStatus() !== 'T' || !isReady(this)) {",
      replace: '    if (this.pipeline) {',
    },
    suites: [client],
    tests: 'carries a stream',
  },
  {
    id: 'keywords',
    protects: 'the scope from statements that leave it',
    edit: {
      file: STATEMENT,
      find: "'with', 'values']);",
      replace: "'with', 'values', 'do', 'set', 'copy']);",
    },
    suites: [statement],
    tests: 'refuses: ',
    quick: true,
  },
  {
    id: 'nested-comment',
    protects: 'against a keyword behind a comment in a comment',
    edit: {
      file: STATEMENT,
      find: "    if (text.startsWith('/*', at)) depth += 1;",
      replace: "    if (text.startsWith('/*', at) && depth === 0) depth += 1;",
    },
    suites: [statement],
    tests: 'refuses: ',
  },
  {
    id: 'carriage-return',
    protects: 'against a keyword behind a comment that has ended',
    edit: { file: STATEMENT, find: 'const LINE_END = /[\\n\\r]/g;', replace: 'const LINE_END = /[\\n]/g;' },
    suites: [statement],
    tests: 'refuses: ',
  },
  {
    id: 'commit-and-chain',
    protects: 'against a transaction that begins without a tenant',
    edit: {
      file: STATEMENT,
      find: '`^(?:(?:commit|end|rollback|abort)${WORK}`',
      replace: '`^(?:(?:commit|end|rollback|abort)${WORK}(?:\\s+and\\s+chain)?`',
    },
    suites: [statement],
    tests: 'refuses: ',
  },
];
