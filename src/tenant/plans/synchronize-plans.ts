import { isDeepStrictEqual } from 'node:util';
import type { DataSource } from 'typeorm';
import type { PlanCatalog, PlanDefinition } from '../catalog/plan-definition.js';
import type { StoredPlan } from '../catalog/plan-directory.js';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { PlanEntity } from './plan.entity.js';

/**
 * Adds the versions the catalogue has and the database has not, where allocation limits read them, and answers
 * with every version known. Safe to run by many processes at once.
 *
 * @throws ConfigurationError when a version on record was edited: tenants on it would change silently.
 */
export async function synchronizePlans(dataSource: DataSource, catalog: PlanCatalog): Promise<StoredPlan[]> {
  const repository = dataSource.getRepository(PlanEntity);
  const rows = Object.entries(catalog.plans).map(([name, plan]) => ({ name, ...definitionOf(plan) }));
  await repository.createQueryBuilder().insert().values(rows).orIgnore().execute();
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

function definitionOf({ version, priceCents, limits, features }: PlanDefinition): {
  version: number;
  priceCents: number | null;
  limits: Record<string, number | null>;
  features: string[];
} {
  return { version, priceCents, limits: { ...limits }, features: [...features].sort() };
}
