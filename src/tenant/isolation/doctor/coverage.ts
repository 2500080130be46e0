import type { EntityMetadata } from 'typeorm';
import { problemsOf } from '../orm/entity-checks.js';
import { ENTITY_RULES, tableOf } from './entity-findings.js';
import type { IsolationFinding, TableCoverage } from './report.js';
import type { FoundTable } from './tables.js';

export function coverageOf(
  tables: readonly FoundTable[],
  findings: readonly IsolationFinding[],
  entities: readonly EntityMetadata[] | undefined,
): TableCoverage[] {
  const faulty = new Set(findings.filter(isOfDatabase).map(({ object }) => object));
  return tables.flatMap((table) => {
    const tenancy = table.kind;
    if (tenancy === 'closed' || table.isView) return [];
    const entity = entities?.find((candidate) => tableOf(candidate, tables) === table);
    return {
      table: table.name,
      tenancy,
      ...(entity && { entity: entity.name }),
      typeorm:
        entities === undefined ? 'unknown' : entity && problemsOf(entity).length === 0 ? 'held' : 'open',
      rowLevelSecurity: faulty.has(table.name) ? 'open' : tenancy === 'shared' ? 'read-only' : 'held',
    };
  });
}

const OF_ENTITIES = new Set(ENTITY_RULES.map(({ id }) => id));

function isOfDatabase({ rule, severity }: IsolationFinding): boolean {
  return severity === 'error' && !OF_ENTITIES.has(rule);
}
