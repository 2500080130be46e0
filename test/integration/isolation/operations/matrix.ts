import { GROUPS, OPERATIONS } from './catalogue/index.js';
import { expectedOf, operationsOf, PLACES, type Net, type Operation } from './operation.js';

const ALONE = ['net 1 alone', 'net 2 alone'] as const satisfies readonly Net[];
const COLUMNS = ['both nets', ...ALONE] as const satisfies readonly Net[];

/** docs/isolation-matrix.md: what the catalogue says, which the suite has seen to be so. */
export function isolationMatrix(): string {
  const lines = [
    '# What each net holds, operation by operation',
    '',
    `${OPERATIONS.length} operations of TypeORM, run in tenant A's scope, aimed at rows of A (which must work) and of B`,
    '(which must do nothing), outside and inside a transaction. The judge is non-interference: what A is told, and what',
    'A has afterwards, is the same as if B had no rows; B has afterwards what B had before. `npx jest operations',
    '--selectProjects integration` runs them all and compares this page with its catalogue.',
    '',
    "Net 1 alone: `TenantDataSource` as a superuser, whom no policy binds. Net 2 alone: TypeORM's own `DataSource` over",
    '`TenantPool`, with row-level security. Lazy relations, implicit junctions, closure and nested-set trees, virtual',
    'columns and active records are refused when the data source starts, and not among these.',
    '',
    '| Operations | number | both nets | net 1 alone | net 2 alone |',
    '| --- | --- | --- | --- | --- |',
    ...GROUPS.map((group) => {
      const operations = operationsOf(group);
      return `| ${[group.row, operations.length, ...COLUMNS.map((net) => tally(operations, net))].join(' | ')} |`;
    }),
    `| **all** | ${[OPERATIONS.length, ...COLUMNS.map((net) => tally(OPERATIONS, net))].join(' | ')} |`,
    '',
    'Held: works for own rows and knows nothing of others. Refused: ends in the same error, or does nothing, for own and',
    'foreign rows alike. Beyond: reaches other tenants, or tells that they have something.',
    ...ALONE.flatMap((net) => section(`Beyond ${net}`, beyond(net))),
    ...section('Beyond both nets', beyond('both nets')),
    ...section('Needs net 1: no such key without the tenant', which('net 2 alone', '42P10')),
  ];
  return `${lines.join('\n')}\n`;
}

function section(title: string, names: readonly string[]): string[] {
  return ['', `## ${title} (${names.length})`, '', ...names.map((name) => `- ${name}`)];
}

export function beyond(net: Net): string[] {
  return which(net, 'beyond');
}

function which(net: Net, outcome: string): string[] {
  return OPERATIONS.filter((operation) =>
    PLACES.some((place) => expectedOf(operation, net, place) === outcome),
  ).map(({ name }) => name);
}

/** An operation counts by the worse of its two places. */
function tally(operations: readonly Operation[], net: Net): string {
  const outcomes = operations.map((operation) => PLACES.map((place) => expectedOf(operation, net, place)));
  const isBeyond = outcomes.filter((places) => places.includes('beyond')).length;
  const isHeld = outcomes.filter((places) => places.every((outcome) => outcome === 'held')).length;
  const isRefused = outcomes.length - isBeyond - isHeld;
  return [
    [isHeld, 'held'],
    [isRefused, 'refused'],
    [isBeyond, 'beyond'],
  ]
    .filter(([count]) => count !== 0)
    .map((part) => part.join(' '))
    .join(', ');
}
