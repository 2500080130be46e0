import { isDeepStrictEqual } from 'node:util';
import { type DataSource, QueryFailedError } from 'typeorm';
import type { PlanCatalog, PlanDefinition } from '../catalog/plan-definition.js';
import type { StoredPlan } from '../catalog/plan-directory.js';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { PlanEntity } from './plan.entity.js';

/**
 * Adds the versions the catalogue has and the database has not, where allocation limits read them, and answers
 * with every version known. Safe to run by many processes at once.
 *
 * @throws ConfigurationError when a version on record was edited: tenants on it would change silently; and when the
 *   database has no place for quotas yet.
 */
export async function synchronizePlans(dataSource: DataSource, catalog: PlanCatalog): Promise<StoredPlan[]> {
  const repository = dataSource.getRepository(PlanEntity);
  const rows = Object.entries(catalog.plans).map(([name, plan]) => ({ name, ...definitionOf(plan) }));
  await repository.createQueryBuilder().insert().values(rows).orIgnore().execute().catch(explained);
  const stored = await repository.find();
  for (const row of rows) {
    const known = stored.find(({ name, version }) => name === row.name && version === row.version);
    if (!known || !isDeepStrictEqual(definitionOf(known), definitionOf(row))) {
      throw new ConfigurationError(
        `Plan ${row.name} version ${row.version} differs from the one on record. A version that was sold never ` +
          `changes: raise it to ${row.version + 1}.`,
      );
    }
  }
  return stored;
}

const UNDEFINED_TABLE = '42P01';
const UNDEFINED_COLUMN = '42703';

function explained(cause: unknown): never {
  const { code } = (cause instanceof QueryFailedError ? cause.driverError : {}) as { code?: string };
  if (code === UNDEFINED_TABLE) {
    throw new ConfigurationError(
      'There is no table `plans`: call createControlPlane(queryRunner) and createQuotas(queryRunner) in a migration, and run it.',
    );
  }
  if (code !== UNDEFINED_COLUMN) throw cause;
  throw new ConfigurationError(
    'The table `plans` has no column for quotas: call createQuotas(queryRunner) in a migration, and run it.',
  );
}

type RecordedPlan = Pick<PlanEntity, 'version' | 'priceCents' | 'limits' | 'features' | 'quotas'>;

function definitionOf({ version, priceCents, limits, features, quotas = {} }: PlanDefinition): RecordedPlan {
  return {
    version,
    priceCents,
    limits: { ...limits },
    features: [...features].sort(),
    quotas: recorded(quotas),
  };
}

/** As the database would answer, which knows no member that is undefined. */
function recorded(quotas: NonNullable<PlanDefinition['quotas']>): RecordedPlan['quotas'] {
  return JSON.parse(JSON.stringify(quotas)) as RecordedPlan['quotas'];
}
