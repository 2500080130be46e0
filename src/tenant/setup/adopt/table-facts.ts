import type pg from 'pg';

/** A foreign key, as the catalog has it. */
export interface ForeignKeyFacts {
  readonly name: string;
  readonly schema: string;
  readonly table: string;
  readonly referencedSchema: string;
  readonly referencedTable: string;
  readonly columns: readonly string[];
  readonly referencedColumns: readonly string[];
  readonly definition: string;
  readonly onUpdate: string;
  readonly onDelete: string;
  /** The columns ON DELETE SET NULL or SET DEFAULT is restricted to, when it is. */
  readonly deleteColumns: readonly string[];
  readonly matchFull: boolean;
  readonly deferrable: boolean;
  readonly deferred: boolean;
}

/** A unique index, with the constraint it serves if any. */
export interface UniqueKeyFacts {
  readonly name: string;
  readonly kind: 'primary' | 'unique' | 'index';
  /** Of plain columns only; an expression makes it empty. */
  readonly columns: readonly string[];
  /** As `pg_get_indexdef` gives it. */
  readonly definition: string;
  readonly deferrable: boolean;
  readonly replicaIdentity: boolean;
}

/** What is known of a table before anything is touched. */
export interface TableFacts {
  readonly schema: string;
  readonly name: string;
  readonly owner: string;
  /** The number of rows the planner believes in. */
  readonly rows: number;
  readonly bytes: number;
  readonly columns: readonly {
    readonly name: string;
    readonly type: string;
  }[];
  readonly uniques: readonly UniqueKeyFacts[];
  readonly foreignKeys: readonly ForeignKeyFacts[];
  /** Foreign keys of any table that refer to this one. */
  readonly referencedBy: readonly ForeignKeyFacts[];
  /** Who holds which privileges beside the owner; `public` is everybody. */
  readonly grants: readonly {
    readonly role: string;
    readonly privileges: readonly string[];
    readonly bypasses: boolean;
  }[];
  readonly ownerBypasses: boolean;
  readonly sequences: readonly string[];
  readonly partitioned: boolean;
  readonly inherits: boolean;
  readonly exclusions: readonly string[];
  readonly triggers: readonly { readonly name: string; readonly always: boolean }[];
  readonly views: readonly {
    readonly name: string;
    readonly kind: 'view' | 'materialized view';
    readonly onKey: boolean;
  }[];
  readonly rowSecurity: boolean;
  readonly rules: readonly string[];
  /** Roles with privileges on single columns. */
  readonly columnGrants: readonly string[];
}

const IDENTIFIERS = (attnums: string, relation: string): string =>
  `(SELECT coalesce(json_agg(a.attname ORDER BY k.n), '[]') FROM unnest(${attnums}) WITH ORDINALITY k(attnum, n)
    JOIN pg_attribute a ON a.attrelid = ${relation} AND a.attnum = k.attnum)`;

const FOREIGN_KEYS = (where: string): string => `
  (SELECT coalesce(json_agg(json_build_object(
      'name', c.conname, 'schema', n.nspname, 'table', r.relname,
      'referencedSchema', fn.nspname, 'referencedTable', fr.relname,
      'columns', ${IDENTIFIERS('c.conkey', 'c.conrelid')},
      'referencedColumns', ${IDENTIFIERS('c.confkey', 'c.confrelid')},
      'deleteColumns', ${IDENTIFIERS('c.confdelsetcols', 'c.conrelid')},
      'definition', pg_get_constraintdef(c.oid),
      'onUpdate', c.confupdtype, 'onDelete', c.confdeltype, 'matchFull', c.confmatchtype = 'f',
      'deferrable', c.condeferrable, 'deferred', c.condeferred) ORDER BY c.conname), '[]')
    FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace
      JOIN pg_class fr ON fr.oid = c.confrelid JOIN pg_namespace fn ON fn.oid = fr.relnamespace
    WHERE c.contype = 'f' AND ${where})`;

const BYPASSES = (role: string): string =>
  `coalesce((SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE oid = ${role}), false)`;

const FACTS = `
SELECT json_build_object(
  'schema', s.nspname, 'name', t.relname, 'owner', pg_get_userbyid(t.relowner),
  'rows', greatest(t.reltuples, 0)::bigint, 'bytes', pg_total_relation_size(t.oid),
  'partitioned', t.relkind = 'p' OR t.relispartition,
  'inherits', EXISTS (SELECT FROM pg_inherits WHERE inhrelid = t.oid OR inhparent = t.oid),
  'rowSecurity', t.relrowsecurity OR EXISTS (SELECT FROM pg_policy WHERE polrelid = t.oid),
  'ownerBypasses', ${BYPASSES('t.relowner')},
  'columns', (SELECT coalesce(json_agg(json_build_object('name', attname, 'type', format_type(atttypid, atttypmod))
      ORDER BY attnum), '[]')
    FROM pg_attribute WHERE attrelid = t.oid AND attnum > 0 AND NOT attisdropped),
  'uniques', (SELECT coalesce(json_agg(json_build_object(
      'name', ic.relname, 'definition', pg_get_indexdef(i.indexrelid),
      'kind', CASE c.contype WHEN 'p' THEN 'primary' WHEN 'u' THEN 'unique' ELSE 'index' END,
      'columns', CASE WHEN i.indexprs IS NULL THEN ${IDENTIFIERS('i.indkey::int2[]', 't.oid')} ELSE '[]' END,
      'deferrable', NOT i.indimmediate, 'replicaIdentity', i.indisreplident) ORDER BY ic.relname), '[]')
    FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid
      LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.conrelid = t.oid AND c.contype IN ('p', 'u')
    WHERE i.indrelid = t.oid AND i.indisunique),
  'foreignKeys', ${FOREIGN_KEYS('c.conrelid = t.oid')},
  'referencedBy', ${FOREIGN_KEYS('c.confrelid = t.oid')},
  'grants', (SELECT coalesce(json_agg(g), '[]') FROM (
      SELECT CASE WHEN a.grantee = 0 THEN 'public' ELSE pg_get_userbyid(a.grantee) END AS role,
             json_agg(a.privilege_type) AS privileges, ${BYPASSES('a.grantee')} AS bypasses
      FROM aclexplode(t.relacl) a WHERE a.grantee <> t.relowner GROUP BY a.grantee ORDER BY 1) g),
  'sequences', (SELECT coalesce(json_agg(DISTINCT format('%I.%I', qn.nspname, q.relname)), '[]')
    FROM pg_attrdef d JOIN pg_depend p ON p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid
      AND p.refclassid = 'pg_class'::regclass
    JOIN pg_class q ON q.oid = p.refobjid AND q.relkind = 'S' JOIN pg_namespace qn ON qn.oid = q.relnamespace
    WHERE d.adrelid = t.oid),
  'rules', (SELECT coalesce(json_agg(rulename), '[]') FROM pg_rewrite WHERE ev_class = t.oid),
  'columnGrants', (SELECT coalesce(json_agg(DISTINCT
      CASE WHEN x.grantee = 0 THEN 'public' ELSE pg_get_userbyid(x.grantee) END), '[]')
    FROM pg_attribute c, aclexplode(c.attacl) x WHERE c.attrelid = t.oid AND NOT c.attisdropped),
  'exclusions', (SELECT coalesce(json_agg(conname), '[]') FROM pg_constraint
    WHERE conrelid = t.oid AND contype = 'x'),
  'triggers', (SELECT coalesce(json_agg(json_build_object('name', tgname, 'always', tgenabled IN ('A', 'R'))
      ORDER BY tgname), '[]')
    FROM pg_trigger WHERE tgrelid = t.oid AND NOT tgisinternal AND tgenabled <> 'D'),
  'views', (SELECT coalesce(json_agg(v), '[]') FROM (
      SELECT format('%I.%I', vn.nspname, v.relname) AS name,
             CASE v.relkind WHEN 'm' THEN 'materialized view' ELSE 'view' END AS kind,
             bool_or(d.refclassid = 'pg_constraint'::regclass) AS "onKey"
      FROM pg_depend d JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
        JOIN pg_class v ON v.oid = w.ev_class AND v.relkind IN ('v', 'm') JOIN pg_namespace vn ON vn.oid = v.relnamespace
      WHERE (d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid)
         OR (d.refclassid = 'pg_constraint'::regclass
             AND d.refobjid IN (SELECT oid FROM pg_constraint WHERE conrelid = t.oid))
      GROUP BY 1, 2) v)
) AS facts
FROM pg_class t JOIN pg_namespace s ON s.oid = t.relnamespace
WHERE s.nspname = $1 AND t.relkind IN ('r', 'p') AND ($2::text[] IS NULL OR t.relname = ANY ($2))
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = t.oid
    AND e.deptype = 'e')
ORDER BY t.relname`;

/** The tables of a schema by name, or all of them. A name that is no table is left out. */
export async function readTableFacts(
  admin: pg.ClientBase,
  schema: string,
  tables?: readonly string[],
): Promise<TableFacts[]> {
  const { rows } = await admin.query<{ facts: TableFacts }>(FACTS, [schema, tables ?? null]);
  return rows.map(({ facts }) => facts);
}
