import type pg from 'pg';
import type { DatabaseRoles } from '../../isolation/database-roles.js';
import type { AdoptionRemark } from './obstacles.js';

/** Functions of the schema that run as their owner. Which tables they reach is in their text: nothing can tell. */
export async function functionRemarks(
  admin: pg.ClientBase,
  schema: string,
  { owner }: DatabaseRoles,
): Promise<AdoptionRemark[]> {
  const { rows } = await admin.query<{ name: string; owner: string }>(
    `SELECT p.oid::regprocedure::text AS name, pg_get_userbyid(p.proowner) AS owner
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
      WHERE n.nspname = $1 AND p.prosecdef AND pg_get_userbyid(p.proowner) <> $2
        AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e')
      ORDER BY 1`,
    [schema, owner],
  );
  return rows.map((row) => ({
    table: `function ${row.name}`,
    kind: 'notice',
    problem: `it is SECURITY DEFINER: it acts as ${row.owner}, who has no table after phase "enforce"`,
    fix:
      `ALTER FUNCTION ${row.name} SECURITY INVOKER, or OWNER TO ${owner} with a search_path of its own, and ` +
      'REVOKE EXECUTE … FROM PUBLIC.',
  }));
}
