import { Raw } from 'typeorm';
import { B } from '../../net1-database.js';
import { Doc, Folder } from '../../net1-entities.js';
import type { Group } from '../operation.js';

const TITLES = "(SELECT string_agg(title, ',' ORDER BY title) FROM doc)";

export const RAW_STATEMENTS: Group = {
  row: 'statements given as text: query, sql, query runner, pool',
  kind: 'read',
  all: {
    'query: select': (m) => m.query('SELECT title FROM doc'),
    'sql template': (m) => m.sql`SELECT title FROM doc`,
    'data source query': (m) => m.dataSource.query('SELECT title FROM doc'),
    'query: explain analyze': (m) =>
      m.query(
        'EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF, BUFFERS OFF, COSTS OFF) SELECT 1 FROM label TABLESAMPLE SYSTEM (100)',
      ),
    'query runner query': async (m) => {
      const queryRunner = m.dataSource.createQueryRunner();
      return queryRunner.query('SELECT title FROM doc').finally(() => queryRunner.release());
    },
    'query runner stream': async (m) => {
      const queryRunner = m.dataSource.createQueryRunner();
      const rows: unknown[] = [];
      try {
        for await (const row of await queryRunner.stream('SELECT title FROM doc')) rows.push(row);
        return rows;
      } finally {
        await queryRunner.release();
      }
    },
    'query runner stream in a transaction': (m) =>
      m.transaction(async ({ queryRunner }) => {
        const rows: unknown[] = [];
        for await (const row of await queryRunner!.stream('SELECT title FROM doc')) rows.push(row);
        return rows;
      }),
    'pool of the driver': async (m) => {
      const { master } = m.dataSource.driver as unknown as { master: import('pg').Pool };
      return (await master.query('SELECT title FROM doc')).rows;
    },
    'connection of the driver': async (m) => {
      const { master } = m.dataSource.driver as unknown as { master: import('pg').Pool };
      const client = await master.connect();
      return client
        .query('SELECT title FROM doc')
        .then(({ rows }) => rows as unknown[])
        .finally(() => {
          client.release();
        });
    },
  },
  outcomes: { 'net 1 alone': 'beyond' },
  exceptions: {
    'query: explain analyze': {
      'both nets': 'STATEMENT_REFUSED',
      'net 1 alone': 'beyond',
      'net 2 alone': 'STATEMENT_REFUSED',
    },
    'query runner stream': {
      'both nets': 'STATEMENT_REFUSED',
      'net 1 alone': 'beyond',
      'net 2 alone': 'STATEMENT_REFUSED',
    },
  },
};

export const RAW_WRITES: Group = {
  row: 'statements given as text that write',
  kind: 'write',
  all: {
    'query: update': (m) => m.query("UPDATE doc SET title = 'new'"),
    'query: delete': (m) => m.query('DELETE FROM label'),
    'query: insert': (m) => m.query("INSERT INTO label (text) VALUES ('x')"),
    'query: insert for another tenant': (m) =>
      m.query("INSERT INTO label (tenant_id, text) VALUES ($1, 'x')", [B]),
    'query: update to another tenant': (m) => m.query('UPDATE label SET tenant_id = $1', [B]),
    'query: merge': (m) =>
      m.query(
        "MERGE INTO label l USING (SELECT 1) s ON l.id IS NOT NULL WHEN MATCHED THEN UPDATE SET text = 'new'",
      ),
    'query: merge that reads nothing of its table': (m) =>
      m.query("MERGE INTO label USING (SELECT 1) s ON true WHEN MATCHED THEN UPDATE SET text = 'new'"),
  },
  outcomes: { 'net 1 alone': 'beyond' },
  exceptions: {
    'query: insert': { 'net 1 alone': '42704' },
    'query: insert for another tenant': {
      'both nets': '42501',
      'net 1 alone': 'beyond',
      'net 2 alone': '42501',
    },
    'query: update to another tenant': {
      'both nets': '42501',
      'net 1 alone': 'beyond',
      'net 2 alone': '42501',
    },
    'query: merge that reads nothing of its table': {
      'both nets': 'beyond',
      'net 1 alone': 'beyond',
      'net 2 alone': 'beyond',
    },
  },
};

export const SCOPE_FORGED: Group = {
  row: 'text that would leave the scope or empty a table',
  kind: 'write',
  all: {
    'query: set_config': (m) =>
      m.query(
        "WITH s AS MATERIALIZED (SELECT set_config('app.tenant_id', $1, true)) UPDATE label SET text = 'new' FROM s",
        [B],
      ),
    'query: set local': (m) =>
      m.transaction(async (inner) => {
        await inner.query(`SET LOCAL app.tenant_id = '${B}'`);
        return inner.query("UPDATE label SET text = 'new'");
      }),
    'query: reset role': (m) =>
      m.transaction(async (inner) => {
        await inner.query('RESET ROLE');
        return inner.query("UPDATE label SET text = 'new'");
      }),
    'query: do': (m) => m.query('DO $$ BEGIN DELETE FROM label; END $$'),
    'query: two statements': (m) => m.query('SELECT 1; DELETE FROM label'),
    'query: truncate': (m) => m.query('TRUNCATE label'),
    'clear()': (m) => m.clear('label'),
    'qb orderBy with a second statement': (m) =>
      m.createQueryBuilder(Doc, 'd').orderBy('d.slug; DELETE FROM label; --').getMany(),
  },
  outcomes: { 'both nets': 'STATEMENT_REFUSED', 'net 1 alone': 'beyond', 'net 2 alone': 'STATEMENT_REFUSED' },
  exceptions: {
    'query: set_config': { 'both nets': '42501', 'net 1 alone': 'beyond', 'net 2 alone': '42501' },
    'query: two statements': { 'both nets': '42601', 'net 1 alone': 'beyond', 'net 2 alone': '42601' },
    'clear()': {
      'both nets': 'STATEMENT_REFUSED',
      'net 1 alone': 'STATEMENT_REFUSED',
      'net 2 alone': 'STATEMENT_REFUSED',
    },
    'qb orderBy with a second statement': {
      'both nets': '42601',
      'net 1 alone': '42601',
      'net 2 alone': '42601',
    },
  },
};

export const FRAGMENTS: Group = {
  row: 'fragments of SQL given to builders',
  kind: 'read',
  all: {
    'fragment in select': (m) => m.createQueryBuilder(Folder, 'f').select(TITLES, 't').getRawMany(),
    'fragment in addSelect': (m) => m.createQueryBuilder(Folder, 'f').addSelect(TITLES, 't').getRawMany(),
    'fragment in groupBy': (m) =>
      m
        .createQueryBuilder(Doc, 'd')
        .select('d.title', 't')
        .groupBy('d.title UNION SELECT title FROM doc')
        .getRawMany(),
    'fragment in having': (m) =>
      m
        .createQueryBuilder(Doc, 'd')
        .select('d.title', 't')
        .groupBy('d.title')
        .having('true UNION SELECT title FROM doc')
        .getRawMany(),
    'fragment in orderBy': (m) =>
      m.createQueryBuilder(Doc, 'd').orderBy('(SELECT 1 / (count(*) - 6) FROM doc)').getMany(),
    'fragment in distinctOn': (m) =>
      m.createQueryBuilder(Folder, 'f').distinctOn([`(SELECT 1 / (count(*) - 6) FROM doc)`]).getMany(),
    'fragment in where': (m) =>
      m
        .createQueryBuilder(Doc, 'd')
        .where('(SELECT count(*) FROM doc x) > 3')
        .orWhere('d.size = 10')
        .getMany(),
    'fragment in a join': (m) =>
      m
        .createQueryBuilder(Doc, 'd')
        .leftJoinAndSelect('d.folder', 'f', '(SELECT count(*) FROM doc x) > 3')
        .getMany(),
    'fragment in Raw()': (m) =>
      m.findBy(Doc, { size: Raw((size) => `${size} = 10 OR (SELECT count(*) FROM doc x) > 3`) }),
    'fragment in a sub-query': (m) =>
      m
        .createQueryBuilder()
        .select('s.t', 't')
        .from((qb) => qb.select(TITLES, 't').from(Folder, 'f'), 's')
        .getRawMany(),
    'fragment in lock tables': (m) =>
      m.transaction((inner) =>
        inner
          .createQueryBuilder(Doc, 'd')
          .orderBy('d.slug')
          .setLock('pessimistic_write', undefined, ['d LIMIT (SELECT count(*) - 2 FROM doc)'])
          .getMany(),
      ),
    'fragment in returning': (m) =>
      m.createQueryBuilder().update(Doc).set({ size: 1 }).returning(`${TITLES} AS t`).execute(),
  },
  outcomes: { 'net 1 alone': 'beyond' },
};

export const FRAGMENT_VALUES: Group = {
  row: 'values given as functions',
  kind: 'write',
  all: {
    'value computed in an update': (m) =>
      m
        .createQueryBuilder()
        .update(Doc)
        .set({ title: () => TITLES })
        .execute(),
    'value computed in an insert': (m) =>
      m
        .createQueryBuilder()
        .insert()
        .into(Doc)
        .values({ slug: 'x', title: () => TITLES })
        .execute(),
    'condition computed in an upsert': (m) =>
      m
        .createQueryBuilder()
        .insert()
        .into(Doc)
        .values({ slug: 'same', title: 'new' })
        .orUpdate(['title'], ['tenant_id', 'slug'], {
          overwriteCondition: { where: '(SELECT count(*) FROM doc x) < 4' },
        })
        .execute(),
  },
  outcomes: { 'net 1 alone': 'beyond' },
};
