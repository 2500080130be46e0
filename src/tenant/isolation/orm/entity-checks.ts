import type { EntityMetadata } from 'typeorm';
import { InstanceChecker } from 'typeorm';
import { declaredTenancy, isImplicitTable, isOwned, tenantColumnOf } from './declared-tenancy.js';
import { tenantColumnProblems } from './tenant-column-checks.js';

/** What is wrong with an entity, as "<fault>. <fix>."; nothing when it is sound. */
type Check = (metadata: EntityMetadata) => string | false | undefined;

const CHECKS: readonly Check[] = [
  (metadata) =>
    !declaredTenancy(metadata) &&
    'does not say whose rows it holds. Put @TenantScoped() or @TenantShared() on its class, or move it to ' +
      'another data source',

  (metadata) =>
    isOwned(metadata) &&
    !tenantColumnOf(metadata) &&
    "has no tenant column. Add @Column({ name: 'tenant_id', type: 'uuid', update: false }) tenantId: string",

  (metadata) =>
    declaredTenancy(metadata) === 'shared' &&
    tenantColumnOf(metadata) &&
    'is shared by all tenants, yet has a column tenant_id. Use @TenantScoped(), or @TenantShared({ own: true })',

  ({ treeType }) =>
    (treeType === 'nested-set' || treeType === 'closure-table') &&
    `is a ${treeType} tree, which TypeORM keeps in order across tenants. Use @Tree('materialized-path')`,

  ({ relations }) => {
    const lazy = relations.filter((relation) => relation.isLazy).map(({ propertyName }) => propertyName);
    return (
      lazy.length > 0 &&
      `has lazy relations (${lazy.join(', ')}): one that fails ends the process. Load them with \`relations\``
    );
  },

  ({ relations }) => {
    const implied = relations
      .filter((relation) => relation.isManyToMany)
      .map(({ propertyName }) => propertyName);
    return (
      implied.length > 0 &&
      `has many-to-many relations (${implied.join(', ')}), whose junction tables have no tenant. Make the ` +
        'junction a @TenantScoped() entity with two many-to-one relations'
    );
  },

  ({ columns }) => {
    const virtual = columns.filter((column) => column.query).map(({ propertyName }) => propertyName);
    return (
      virtual.length > 0 &&
      `has columns made by SQL text (${virtual.join(', ')}), which no tenant is added to. Query them with a ` +
        'query builder'
    );
  },

  ({ target }) =>
    InstanceChecker.isBaseEntityConstructor(target) &&
    'extends BaseEntity, whose static methods use whichever data source started last. Use a repository',

  (metadata) => {
    const nulling = metadata.foreignKeys.filter(
      ({ onDelete, onUpdate, referencedEntityMetadata }) =>
        isOwned(metadata) &&
        declaredTenancy(referencedEntityMetadata) === 'scoped' &&
        [onDelete, onUpdate].some((action) => action === 'SET NULL' || action === 'DEFAULT'),
    );
    return (
      nulling.length > 0 &&
      `has a foreign key (${nulling.flatMap(({ columnNames }) => columnNames).join(', ')}) that would null ` +
        'tenant_id with it. Leave the action out here and write ON DELETE SET NULL (<column>) in a migration'
    );
  },

  (metadata) => {
    const pointing = metadata.foreignKeys.filter(
      ({ referencedEntityMetadata }) =>
        declaredTenancy(metadata) === 'shared' && declaredTenancy(referencedEntityMetadata) === 'scoped',
    );
    return (
      pointing.length > 0 &&
      `is shared by all tenants, yet points at rows of one (${pointing
        .map(({ referencedEntityMetadata }) => referencedEntityMetadata.name)
        .join(', ')}). Drop the relation, or use @TenantShared({ own: true })`
    );
  },
];

/** Why an entity cannot be isolated by tenant, one line for each reason. */
export function problemsOf(metadata: EntityMetadata): string[] {
  if (isImplicitTable(metadata)) return [];
  const problems = CHECKS.map((check) => check(metadata)).filter((problem) => typeof problem === 'string');
  return [...problems.map((problem) => `${metadata.name} ${problem}.`), ...tenantColumnProblems(metadata)];
}
