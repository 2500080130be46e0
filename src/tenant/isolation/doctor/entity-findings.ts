import { DataSource, type EntityMetadata } from 'typeorm';
import { declaredTenancy, isImplicitTable } from '../orm/declared-tenancy.js';
import { problemsOf } from '../orm/entity-checks.js';
import type { CatalogFinding } from './catalog-findings.js';
import type { FoundTable } from './tables.js';
import type { IsolationRule } from './rule.js';

/** What entities say and the database does not, or the other way round. Needs the application's entities. */
export const ENTITY_RULES: readonly IsolationRule[] = [
  {
    id: 'entity-not-isolable',
    severity: 'error',
    danger: 'TenantDataSource cannot hold the entity apart by tenant, and refuses to start with it.',
    fix: 'As the message says.',
  },
  {
    id: 'entity-table-missing',
    severity: 'error',
    danger: 'The database is older, or newer, than the entities.',
    fix: 'Run the migrations, or generate the one that is missing.',
  },
  {
    id: 'entity-tenancy-differs',
    severity: 'error',
    danger:
      'One of the two nets takes the table for something else: it holds nothing, or refuses what is right.',
    fix: '`npx tenancy policies plan` with the same --data-source shows the difference.',
  },
  {
    id: 'table-without-entity',
    severity: 'warning',
    danger: 'Only row-level security holds it: statements on it can only be raw SQL.',
    fix: 'Declare a @TenantScoped() entity for it, or let it be.',
  },
  {
    id: 'shared-table-undeclared',
    severity: 'warning',
    danger: 'All tenants read it, and no entity says that this is meant.',
    fix: 'Declare a @TenantShared() entity for it, or REVOKE SELECT from the role of the scope.',
  },
];

/** Entities of a data source as their classes declare them; it need not be connected. */
export async function entitiesOf({ options }: DataSource): Promise<readonly EntityMetadata[]> {
  // A TenantSchemaDataSource changes the keys of its metadata, and refuses entities that are to be told of here.
  const plain = new DataSource(options);
  await plain['buildMetadatas'](); // protected for want of a caller outside initialize()
  return plain.entityMetadatas.filter(
    (metadata) => declaredTenancy(metadata) !== undefined && !isImplicitTable(metadata),
  );
}

export function findInEntities(
  entities: readonly EntityMetadata[],
  tables: readonly FoundTable[],
): CatalogFinding[] {
  const declared = new Set(entities.flatMap((entity) => tableOf(entity, tables)?.name ?? []));
  return [
    ...entities.flatMap((entity) => findInEntity(entity, tableOf(entity, tables))),
    ...tables
      .filter(({ name, kind, isView }) => kind !== 'closed' && !isView && !declared.has(name))
      .map(undeclared),
  ];
}

/** The table, or view, of an entity; in the schema of the connection when it names none. */
export function tableOf(entity: EntityMetadata, tables: readonly FoundTable[]): FoundTable | undefined {
  return tables.find(
    ({ schema, relname, isDefaultSchema }) =>
      relname === entity.tableName &&
      (entity.schema === undefined ? isDefaultSchema : entity.schema === schema),
  );
}

function findInEntity(entity: EntityMetadata, table: FoundTable | undefined): CatalogFinding[] {
  const problems = problemsOf(entity).map((problem) =>
    finding('entity-not-isolable', entity.tableName, problem.replace(/\.$/, '')),
  );
  if (table === undefined) {
    return [
      ...problems,
      finding('entity-table-missing', entity.tableName, `${entity.name} has no table: ${entity.tableName}`),
    ];
  }
  const declared = declaredTenancy(entity);
  if (table.isView || declared === undefined || table.kind === declared) return problems;
  const sentence = `${entity.name} is declared ${declared}, and its table ${table.name} is ${IS[table.kind]}`;
  return [...problems, finding('entity-tenancy-differs', table.name, sentence)];
}

const IS: Readonly<Record<FoundTable['kind'], string>> = {
  scoped: 'under row-level security, a tenant for every row',
  mixed: 'under row-level security, with shared rows',
  shared: 'readable by all tenants, without row-level security',
  closed: 'not granted to tenants',
};

function undeclared({ name, kind }: FoundTable): CatalogFinding {
  return kind === 'shared'
    ? finding(
        'shared-table-undeclared',
        name,
        `${name} is readable by all tenants, and no entity declares it`,
      )
    : finding('table-without-entity', name, `${name} holds rows of tenants, and no entity declares it`);
}

function finding(rule: string, object: string, problem: string): CatalogFinding {
  return { rule, subject: null, object, problem, remedy: null };
}
