import { type Mutation, spec } from '../mutation.js';

const QUERY = 'src/tenant/isolation/client/scoped-query.ts';
const CLIENT = 'src/tenant/isolation/client/tenant-client.ts';
const NAMES = 'src/tenant/isolation/client/prepared-names.ts';

const prepared = spec('prepared-statements');

/** What the scoped client sends along: names of prepared statements, proofs of the scope, transactions for Citus. */
export const wireMutations: readonly Mutation[] = [
  {
    id: 'prepared-name',
    protects: 'a statement from running as another of the same name',
    edit: {
      file: NAMES,
      find: "createHash('sha256').update(text).digest('hex').slice(0, 32)",
      replace: "createHash('sha256').update(String(text.length)).digest('hex').slice(0, 32)",
    },
    suites: [prepared],
  },
  {
    id: 'counted-name',
    protects: 'a statement from running as what another client prepared on its backend',
    edit: [
      { file: NAMES, find: 'named ? nameOf(text)', replace: 'named ? this.#counted(text)' },
      { file: NAMES, find: 'set(text, nameOf(text))', replace: 'set(text, this.#counted(text))' },
      {
        file: NAMES,
        find: '  #evicted: string[] = [];',
        replace: `  #evicted: string[] = [];
  readonly #counts = new Map<string, string>();
  #counted(text: string): string {
    if (!this.#counts.has(text)) this.#counts.set(text, \`tenant_\${this.#counts.size}\`);
    return this.#counts.get(text)!;
  }`,
      },
    ],
    suites: [prepared],
  },
  {
    id: 'name-before-parsed',
    protects: 'against a name the server knows nothing of',
    edit: {
      file: NAMES,
      find: 'this.#sent.push(named ? text : undefined);',
      replace: 'this.#remember(named ? text : undefined);',
    },
    suites: [prepared],
  },
  {
    id: 'evicted-name',
    protects: 'the memory of the server from plans without end',
    edit: {
      file: NAMES,
      find: "    for (const name of this.#evicted) connection.close({ type: 'S', name });\n",
      replace: '',
    },
    suites: [prepared],
  },
  {
    id: 'proof-sent',
    protects: 'the scope by a proof, where policies ask for it',
    edit: { file: CLIENT, find: 'proof: this.#signer?.proofOf(tenantId),', replace: 'proof: undefined,' },
    suites: [spec('signed-scope-client')],
  },
  {
    id: 'citus-rollback',
    protects: 'what follows an error from a transaction that stays open, on Citus',
    edit: {
      file: QUERY,
      find: '    if (this.#leavesTransaction()) {',
      replace: '    if (this.#leavesTransaction() && repeats) {',
    },
    suites: [spec('citus-protocol')],
  },
];
