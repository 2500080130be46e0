import type pg from 'pg';
import { type CatalogQuestion, parameter } from './catalog-findings.js';
import { FACTS } from './facts.js';

/** A table or view, and whose rows the database takes it to hold. */
export interface FoundTable {
  /** As psql takes it, with the schema where that is needed. */
  readonly name: string;
  readonly schema: string;
  readonly relname: string;
  /** Whether it is where names without a schema lead. */
  readonly isDefaultSchema: boolean;
  /**
   * `scoped` and `mixed`: under row-level security, without and with shared rows. `shared`: readable by all tenants,
   * no row-level security. `closed`: nobody who acts for tenants has a right on it.
   */
  readonly kind: 'scoped' | 'mixed' | 'shared' | 'closed';
  /** Its rows are those of other tables, which are judged themselves. */
  readonly isView: boolean;
}

const TABLES = `WITH ${FACTS}
  SELECT relation.name, nspname::text AS schema, relation.relname, nspname = current_schema() AS "isDefaultSchema",
    relation.kind IN ('v', 'm') AS "isView",
    CASE WHEN scoped.mixed THEN 'mixed' WHEN scoped.oid IS NOT NULL THEN 'scoped'
      WHEN EXISTS (SELECT FROM granted g JOIN role ON role.oid = g.grantee OR g.grantee = 0
        WHERE g.oid = relation.oid AND role.kind = 'tenantApp') THEN 'shared'
      ELSE 'closed' END AS kind
  FROM relation JOIN pg_namespace n ON n.oid = relation.relnamespace LEFT JOIN scoped ON scoped.oid = relation.oid
  ORDER BY relation.name`;

export async function findTables(client: pg.ClientBase, question: CatalogQuestion): Promise<FoundTable[]> {
  const { rows } = await client.query<FoundTable>(TABLES, [parameter(question)]);
  return rows;
}
