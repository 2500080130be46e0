import { type Mutation, spec } from '../mutation.js';

const ORM = 'src/tenant/isolation/orm';
const writes = spec('net1-writes');
const refusals = spec('net1-refusals');
const shared = spec('net1-shared');
/** Every operation of TypeORM, one by one. */
const operations = spec('operations/operations');

/** What the data source adds to what TypeORM renders; these suites run it without row-level security. */
export const typeormMutations: readonly Mutation[] = [
  {
    id: 'where',
    protects: 'rows of other tenants from reads',
    edit: {
      file: `${ORM}/tenant-select-query-builder.ts`,
      find: 'whereAlso(this.expressionMap, predicates, ',
      replace: 'whereAlso(this.expressionMap, [], ',
    },
    suites: [operations],
    tests: 'net 1 alone (find all|findBy|count|qb getMany)$',
    quick: true,
  },
  {
    id: 'join',
    protects: 'rows of other tenants from joins',
    edit: {
      file: `${ORM}/tenant-select-query-builder.ts`,
      find: 'return predicate ? conditionAnd(join.condition, predicate) : join.condition;',
      replace: 'return predicate === undefined ? undefined : join.condition;',
    },
    suites: [operations],
    tests: 'net 1 alone (relation by join|qb .*join)',
    quick: true,
  },
  {
    id: 'or-in-join',
    protects: 'the predicate of a join from an OR beside it',
    edit: {
      file: `${ORM}/rendering.ts`,
      find: '`(${given}) AND ${predicate}`',
      replace: '`${given} AND ${predicate}`',
    },
    suites: [operations],
    tests: 'net 1 alone qb join (of a relation )?with OR',
  },
  {
    id: 'where-of-writes',
    protects: 'rows of other tenants from UPDATE and DELETE',
    edit: {
      file: `${ORM}/write-conditions.ts`,
      find: '[writable(builder.escape(column.databaseName))]',
      replace: 'column ? [] : [writable(builder.alias)]',
    },
    suites: [operations],
    tests: 'net 1 alone (update|delete|softDelete) by (id|criteria)$',
  },
  {
    id: 'upsert',
    protects: 'rows of other tenants from an upsert',
    edit: {
      file: `${ORM}/tenant-upsert.ts`,
      find: "{ type: 'simple', condition: own }",
      replace: "{ type: 'simple', condition: own && '1 = 1' }",
    },
    suites: [shared],
    quick: true,
  },
  {
    id: 'upsert-key',
    protects: 'rows of other tenants from a conflict by id alone',
    edit: { file: `${ORM}/tenant-upsert.ts`, find: 'return [tenant, ...names];', replace: 'return names;' },
    suites: [operations],
    tests: 'net 1 alone upsert by (id|slug)$',
  },
  {
    id: 'upsert-of-tenant',
    protects: 'the tenant of a row from an upsert',
    edit: {
      file: `${ORM}/tenant-upsert.ts`,
      find: 'columns?.filter((name) => name !== tenant)',
      replace: 'columns?.filter((name) => name !== tenant || name)',
    },
    suites: [operations],
    tests: 'net 1 alone upsert that also sets the tenant',
    redundant: 'what it would set is the stamp, on a row that is already of that tenant',
  },
  {
    id: 'stamp',
    protects: 'inserts from naming their tenant themselves',
    edit: {
      file: `${ORM}/tenant-insert-query-builder.ts`,
      find: 'return TENANT_PLACEHOLDER;',
      replace: 'return super.createColumnValueExpression(valueSets, index, column) || TENANT_PLACEHOLDER;',
    },
    suites: [operations],
    tests: 'net 1 alone qb insert',
    quick: true,
  },
  {
    id: 'stamp-check',
    protects: 'from an insert for another tenant being stamped in silence',
    edit: {
      file: `${ORM}/tenant-insert-query-builder.ts`,
      find: '    assertOwnTenant(entity, valueSets[index] ?? {});\n',
      replace: '',
    },
    suites: [operations],
    tests: 'net 1 alone qb insert.*, tenant (given|computed)',
  },
  {
    id: 'update-of-tenant',
    protects: 'rows from being given to another tenant',
    edit: {
      file: `${ORM}/tenant-update-query-builder.ts`,
      find: '    assertOwnTenant(writtenEntity(this), this.getValueSet());\n',
      replace: '',
    },
    suites: [operations],
    tests: 'net 1 alone qb update to (another|a computed) tenant',
  },
  {
    id: 'tripwire',
    protects: 'against query builders that are not ours',
    edit: {
      file: `${ORM}/tenant-parameter.ts`,
      find: '    assertBoundToScope(sql, parameters);\n',
      replace: '',
    },
    suites: [operations],
    tests: 'net 1 alone stock ',
  },
  {
    id: 'after-load',
    protects: 'against rows that came past the predicate',
    edit: {
      file: `${ORM}/tenant-subscriber.ts`,
      find: '    if (loaded === tryGetTenantContext()?.tenantId) return;\n',
      replace: '    if (loaded) return;\n',
    },
    suites: [refusals],
  },
  {
    id: 'subscriber-stamp',
    protects: 'entities from not knowing whose they are',
    edit: {
      file: `${ORM}/tenant-subscriber.ts`,
      find: '    owned.column.setEntityValue(entity, getTenantContext().tenantId);\n',
      replace: '    getTenantContext();\n',
    },
    suites: [writes],
  },
  {
    id: 'raw-text-closes',
    protects: 'the predicate from a condition that closes its parenthesis',
    edit: {
      file: `${ORM}/raw-text.ts`,
      find: "    if (depth < 0) throw notSelfContained('it closes a parenthesis it did not open');\n",
      replace: '',
    },
    suites: [`${ORM}/raw-text.spec.ts`],
  },
  {
    id: 'raw-text-of-conditions',
    protects: 'the predicate from a condition that closes its parenthesis',
    edit: { file: `${ORM}/tenant-aware-builder.ts`, find: '      assertSelfContained(text);\n', replace: '' },
    suites: [operations],
    tests: 'net 1 alone .*where (that|does)',
  },
  {
    id: 'raw-text-of-joins',
    protects: 'the predicate from a join that closes its parenthesis',
    edit: {
      file: `${ORM}/tenant-select-query-builder.ts`,
      find: '    if (join.condition) assertSelfContained(join.condition);\n',
      replace: '',
    },
    suites: [operations],
    tests: 'net 1 alone join whose condition does',
  },
  {
    id: 'comment',
    protects: 'the statement from a comment that ends early',
    edit: { file: `${ORM}/tenant-aware-builder.ts`, find: '      assertOneComment(comment);\n', replace: '' },
    suites: [operations],
    tests: 'net 1 alone comment that ends early',
  },
  {
    id: 'text-sub-query',
    protects: 'against tables named in text',
    edit: {
      file: `${ORM}/tenant-aware-builder.ts`,
      find: '      refuseQueryText(target);\n',
      replace: '',
    },
    suites: [operations],
    tests: 'net 1 alone sub-query as text',
  },
  {
    id: 'text-cte',
    protects: 'against tables named in text',
    edit: {
      file: `${ORM}/tenant-aware-builder.ts`,
      find: '      refuseTextCtes(this.expressionMap);\n',
      replace: '',
    },
    suites: [operations],
    tests: 'net 1 alone common table expression as text',
  },
  {
    id: 'unknown-table',
    protects: 'tables that are no entities',
    edit: {
      file: `${ORM}/query-sources.ts`,
      find: '  if (isCommonTableExpression(alias.tablePath, builder)) return undefined;\n',
      replace: '  if (isCommonTableExpression(alias.tablePath, builder) || alias) return undefined;\n',
    },
    suites: [operations],
    tests: 'net 1 alone .*that is no entity',
  },
  {
    id: 'derived-builder',
    protects: 'against a builder made from one of ours',
    edit: {
      file: `${ORM}/tenant-aware-builder.ts`,
      find: 'return this.dataSource.builders.update(super.update(target as EntityTarget<T>, values));',
      replace: 'return super.update(target as EntityTarget<T>, values);',
    },
    suites: [operations],
    tests: 'net 1 alone qb .* from a select',
  },
  {
    id: 'clear',
    protects: 'all rows from clear()',
    edit: {
      file: `${ORM}/tenant-query-runner.ts`,
      find: "    clearTable: () => refuseToEmpty('clear() empties a table for all tenants. Use deleteAll()'),\n",
      replace: '',
    },
    suites: [operations],
    tests: 'net 1 alone clear',
  },
  {
    id: 'query-cache',
    protects: 'from results cached for another tenant',
    edit: {
      file: `${ORM}/tenant-data-source-options.ts`,
      find: "  ['cache', 'hands results of one tenant to another'],\n",
      replace: '',
    },
    suites: [refusals, `${ORM}/tenant-data-source-options.spec.ts`],
  },
  {
    id: 'shared-write',
    protects: 'shared entities from tenants',
    edit: {
      file: `${ORM}/entity-tenancy.ts`,
      find: "    if (tenancy.kind === 'shared') {",
      replace: "    if (tenancy.kind === 'scoped' && !tenancy.column) {",
    },
    suites: [shared],
  },
];
