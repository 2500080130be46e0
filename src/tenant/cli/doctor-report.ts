import type { IsolationFinding, IsolationReport, TableCoverage } from '../isolation/doctor/report.js';

const MARKS = { error: 'ERROR', warning: 'WARNING', hint: 'HINT' } as const;

const SEVERITIES = ['error', 'warning', 'hint'] as const;

/** A report for who reads it at a prompt: the gravest first, the count last. */
export function reportLines(report: IsolationReport): string[] {
  const { findings, database, serverVersion } = report;
  return [
    ...SEVERITIES.flatMap((severity) => findings.filter((finding) => finding.severity === severity)).flatMap(
      paragraph,
    ),
    ...coverageTable(report.tables),
    '',
    FORGERY[report.forgery],
    report.canaryRead
      ? 'Reading without a tenant was tried on every table.'
      : 'Reading without a tenant was not tried: that takes the login that serves tenants, or a superuser.',
    `${database}, PostgreSQL ${serverVersion}: ${SEVERITIES.map((severity) => count(severity, findings)).join(', ')}.`,
  ];
}

function paragraph({ severity, rule, problem, danger, fix }: IsolationFinding): string[] {
  return [`${MARKS[severity]} ${rule}: ${problem}.`, `  ${danger}`, `  Fix: ${fix}`, ''];
}

const NET = {
  held: 'held',
  open: 'OPEN',
  unknown: '(not asked)',
  'read-only': 'read only',
} as const satisfies Record<TableCoverage['typeorm'] | TableCoverage['rowLevelSecurity'], string>;

function coverageTable(tables: readonly TableCoverage[]): string[] {
  const rows = [
    ['table', 'rows', 'TypeORM', 'row-level security'],
    ...tables.map(({ table, tenancy, typeorm, rowLevelSecurity }) => [
      table,
      tenancy,
      NET[typeorm],
      NET[rowLevelSecurity],
    ]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  const unasked = tables.some(({ typeorm }) => typeorm === 'unknown');
  return [...lines, ...(unasked ? ['With --data-source, also what TypeORM holds is told.'] : [])];
}

const FORGERY = {
  revoked: 'Injected SQL cannot pick another tenant: set_config is revoked.',
  signed: 'Injected SQL cannot pick another tenant: the scope is signed.',
  'revoked and signed':
    'Injected SQL cannot pick another tenant: set_config is revoked, and the scope is signed.',
  none: 'Injected SQL could pick another tenant: set_config is not revoked, and the scope is not signed.',
} as const satisfies Record<IsolationReport['forgery'], string>;

function count(severity: IsolationFinding['severity'], findings: readonly IsolationFinding[]): string {
  const found = findings.filter((finding) => finding.severity === severity).length;
  return `${found} ${severity}${found === 1 ? '' : 's'}`;
}
