import type { EntityManager } from 'typeorm';

/** A table that a trigger counts. */
export interface AllocationTable {
  readonly name: string;
  /** The name as a query reads it. */
  readonly from: string;
  /** What the rows of one tenant count, as an SQL expression. */
  readonly units: string;
  /** Whether platform work sees rows in it: else it would take the table for empty. */
  readonly readable: boolean;
}

interface TableRow extends Omit<AllocationTable, 'units'> {
  readonly resource: string;
  readonly column: string | null;
}

/** Each trigger's arguments end with a zero byte: the limit, and the column, quoted here, where units are counted. */
const TABLES = `
  SELECT DISTINCT convert_from(substring(t.tgargs FROM 1 FOR first - 1), getdatabaseencoding()) AS resource,
    c.oid::regclass::text AS name,
    -- A child that inherits has no trigger of its parent's; a partition has.
    CASE c.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END || format('%I.%I', n.nspname, c.relname) AS "from",
    CASE WHEN t.tgnargs > 1 THEN quote_ident(convert_from(
      substring(t.tgargs FROM first + 1 FOR length(t.tgargs) - first - 1), getdatabaseencoding())) END AS "column",
    has_table_privilege(reader.oid, c.oid, 'SELECT') AND (NOT c.relrowsecurity OR EXISTS (
      SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd IN ('*', 'r')
        AND reader.oid = ANY (p.polroles))) AS readable
  FROM pg_trigger t
    JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_roles reader ON reader.rolname = regexp_replace(session_user, '_control$', '_platform_reader')
    CROSS JOIN LATERAL position('\\x00'::bytea IN t.tgargs) AS first
  WHERE t.tgfoid = 'tenant_count_allocation()'::regprocedure AND NOT t.tgisinternal AND t.tgparentid = 0
  ORDER BY 1, 2`;

/** What is counted by triggers, by the name of the limit. */
export async function allocationTables(
  manager: Pick<EntityManager, 'query'>,
): Promise<ReadonlyMap<string, readonly AllocationTable[]>> {
  const tables = new Map<string, AllocationTable[]>();
  for (const { resource, name, from, column, readable } of await manager.query<TableRow[]>(TABLES)) {
    const units = column === null ? 'count(*)' : `coalesce(sum(greatest(${column}, 0)), 0)`;
    tables.set(resource, [...(tables.get(resource) ?? []), { name, from, units, readable }]);
  }
  return tables;
}
