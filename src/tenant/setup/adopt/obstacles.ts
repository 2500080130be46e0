import type { TableFacts } from './table-facts.js';

/** Something about a table that the plan does not handle by itself. */
export interface AdoptionRemark {
  readonly table: string;
  /** `obstacle`: nothing is done before it is gone. `notice`: to be known, and looked after by the operator. */
  readonly kind: 'obstacle' | 'notice';
  readonly problem: string;
  readonly fix: string;
}

type Remark = Omit<AdoptionRemark, 'table'>;
const obstacle = (problem: string, fix: string): Remark => ({ kind: 'obstacle', problem, fix });
const notice = (problem: string, fix: string): Remark => ({ kind: 'notice', problem, fix });

/** What stands in the way of these tables, or follows from adopting them. */
export function remarksOn(tables: readonly TableFacts[]): AdoptionRemark[] {
  const adopted = new Set(tables.map(({ schema, name }) => `${schema}.${name}`));
  return tables.flatMap((facts) => {
    const table = `${facts.schema}.${facts.name}`;
    return [...shape(facts), ...keys(facts), ...references(facts, adopted), ...surroundings(facts)].map(
      (remark) => ({ table, ...remark }),
    );
  });
}

function* shape({ partitioned, inherits, columns, rowSecurity, rules }: TableFacts): Iterable<Remark> {
  if (partitioned) {
    yield obstacle(
      'it is partitioned, or a partition',
      'Adopt it by hand: unique keys of a partitioned table cannot be built concurrently in one go.',
    );
  } else if (inherits) {
    yield obstacle(
      'it inherits, or is inherited from',
      'Detach it: ALTER TABLE … NO INHERIT …; who reads the parent no longer sees its rows.',
    );
  }
  if (columns.some(({ name }) => name === 'tenant_id')) {
    yield obstacle(
      'it has a column tenant_id already',
      'Leave the table out (--exclude), or rename the column first.',
    );
  }
  for (const name of rules) {
    yield obstacle(
      `rule ${name} rewrites statements on it`,
      'DROP RULE, and use a trigger: what a rule adds runs with the rights of the owner.',
    );
  }
  if (rowSecurity) {
    yield obstacle(
      'it has row-level security or policies already',
      'Drop the policies and ALTER TABLE … DISABLE ROW LEVEL SECURITY, or leave the table out.',
    );
  }
}

function* keys({ uniques, exclusions }: TableFacts): Iterable<Remark> {
  if (!uniques.some(({ kind }) => kind === 'primary')) {
    yield obstacle('it has no primary key', 'Add one: ALTER TABLE … ADD PRIMARY KEY (…).');
  }
  for (const { name, deferrable, replicaIdentity } of uniques) {
    if (deferrable) {
      yield obstacle(
        `unique constraint ${name} is deferrable; the index built beside it would not wait`,
        'Make it NOT DEFERRABLE for the time of the adoption, if the application allows.',
      );
    }
    if (replicaIdentity) {
      yield obstacle(
        `index ${name} is the replica identity`,
        'ALTER TABLE … REPLICA IDENTITY DEFAULT; the primary key then serves, before and after.',
      );
    }
  }
  for (const name of exclusions) {
    yield obstacle(
      `exclusion constraint ${name} would exclude across tenants, and none can be built without a long lock`,
      'Drop it, adopt, then add it again WITH tenant_id WITH = (extension btree_gist).',
    );
  }
}

function* references(
  { schema, name, foreignKeys, referencedBy }: TableFacts,
  adopted: ReadonlySet<string>,
): Iterable<Remark> {
  for (const key of foreignKeys) {
    const referenced = `${key.referencedSchema}.${key.referencedTable}`;
    if (!adopted.has(referenced)) {
      yield notice(
        `foreign key ${key.name} refers to ${referenced}, which is not adopted; it stays as it is`,
        `Grant that table as shared when all tenants read it: shareTable(queryRunner, '${key.referencedTable}').`,
      );
      continue;
    }
    if (key.onUpdate === 'n' || key.onUpdate === 'd') {
      yield obstacle(
        `foreign key ${key.name} has ON UPDATE SET NULL or SET DEFAULT, which would reach tenant_id`,
        'Replace it by one without; PostgreSQL takes a list of columns for ON DELETE only.',
      );
    }
    if (key.matchFull) {
      yield obstacle(
        `foreign key ${key.name} is MATCH FULL, which with tenant_id forbids a null that it allows now`,
        'Replace it by a MATCH SIMPLE one, with a CHECK that its columns are null together.',
      );
    }
  }
  for (const key of referencedBy) {
    if (adopted.has(`${key.schema}.${key.table}`)) continue;
    yield obstacle(
      `foreign key ${key.name} of ${key.schema}.${key.table}, which is not adopted, refers to it`,
      `Adopt ${key.schema}.${key.table} too, or drop the key: rows of ${schema}.${name} will be no one's to share.`,
    );
  }
}

function* surroundings(facts: TableFacts): Iterable<Remark> {
  const { grants, columnGrants, owner, ownerBypasses, triggers, views } = facts;
  for (const role of columnGrants) {
    yield obstacle(
      `role ${role} has privileges on single columns of it`,
      `REVOKE them, and grant ${role} what it needs of the table for the time of the adoption.`,
    );
  }
  for (const { role, bypasses } of [{ role: owner, bypasses: ownerBypasses }, ...grants]) {
    if (role === 'public') {
      yield obstacle(
        'PUBLIC has privileges on it, the new roles included',
        'REVOKE ALL … FROM PUBLIC, and grant what the application needs to its role by name.',
      );
    } else if (bypasses) {
      yield notice(
        `role ${role} is bound by no row-level security; phase "observe" says nothing about its statements`,
        'Let the application log in as a role that is neither SUPERUSER nor BYPASSRLS.',
      );
    }
  }
  for (const { name, always } of triggers) {
    yield always
      ? obstacle(
          `trigger ${name} fires ALWAYS or on a REPLICA, so also in the backfill`,
          `ALTER TABLE … ENABLE TRIGGER ${name} makes it an ordinary one, which the backfill does not fire.`,
        )
      : notice(
          `trigger ${name} stays; the backfill does not fire it`,
          'Look at what it reads and writes: after phase "enforce" it does so as the tenant.',
        );
  }
  for (const { name, kind, onKey } of views) {
    if (onKey) {
      yield obstacle(
        `${kind} ${name} groups by the primary key, which is to be replaced`,
        'Name all its columns in GROUP BY, or drop it and create it again after phase "swap".',
      );
    } else if (kind === 'view') {
      yield notice(
        `view ${name} reads as its owner, not as who asks`,
        `ALTER VIEW ${name} SET (security_invoker = true), and grant it to the tenants' role.`,
      );
    } else {
      yield notice(
        `materialized view ${name} holds the rows of all tenants, under no row-level security`,
        'Do not grant it to the tenants’ role; make it a view with security_invoker to let them read it.',
      );
    }
  }
}
