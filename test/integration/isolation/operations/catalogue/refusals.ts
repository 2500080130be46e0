import { InsertQueryBuilder, SelectQueryBuilder } from 'typeorm';
import { B, inScopeOf, ROWS_OF_A } from '../../net1-database.js';
import { Doc, Folder } from '../../net1-entities.js';
import type { Group } from '../operation.js';

export const UNBALANCED: Group = {
  row: 'text that would step out of its place, or stand for a table',
  kind: 'read',
  all: {
    'where that closes its parentheses': (m) =>
      m.createQueryBuilder(Doc, 'd').where('1=1) OR (1=1').getMany(),
    'join whose condition does': (m) =>
      m.createQueryBuilder(Doc, 'd').innerJoinAndMapMany('d.x', Folder, 'f', '1=1) OR (1=1').getMany(),
    'where that ends in a comment': (m) => m.createQueryBuilder(Doc, 'd').where('1=1 --').getMany(),
    'comment that ends early': (m) =>
      m.find(Doc, { comment: '**// SELECT id AS "Doc_id", title AS "Doc_title" FROM doc --' }),
    'sub-query as text in from': (m) =>
      m.createQueryBuilder().select('*').from('(SELECT title FROM doc)', 'x').getRawMany(),
    'sub-query as text in addFrom': (m) =>
      m
        .createQueryBuilder(Doc, 'd')
        .addFrom('(SELECT title FROM doc)', 'x')
        .addSelect('x.title', 't')
        .getRawMany(),
    'sub-query as text in a join': (m) =>
      m
        .createQueryBuilder(Doc, 'd')
        .innerJoin('(SELECT title FROM doc)', 'x', '1=1')
        .addSelect('x.title', 't')
        .getRawMany(),
    'common table expression as text': (m) =>
      m
        .createQueryBuilder()
        .addCommonTableExpression('SELECT title FROM doc', 'c')
        .select('*')
        .from('c', 'c')
        .getRawMany(),
    'table that is no entity': (m) => m.createQueryBuilder().select('*').from('public.doc', 'd').getRawMany(),
    'join of a table that is no entity': (m) =>
      m.createQueryBuilder(Doc, 'd').leftJoin('pg_class', 'p', 'true').getMany(),
  },
  outcomes: { 'both nets': 'STATEMENT_REFUSED', 'net 1 alone': 'STATEMENT_REFUSED' },
  exceptions: {
    'join whose condition does': {
      'both nets': 'STATEMENT_REFUSED',
      'net 1 alone': 'STATEMENT_REFUSED',
      'net 2 alone': '42601',
    },
    'where that ends in a comment': {
      'both nets': 'STATEMENT_REFUSED',
      'net 1 alone': 'STATEMENT_REFUSED',
      'net 2 alone': '42601',
    },
  },
};

export const UNBALANCED_WRITES: Group = {
  row: 'text that would step out of its place, or stand for a table, in writes',
  kind: 'write',
  all: {
    'update whose where does': (m) =>
      m.createQueryBuilder().update(Doc).set({ title: 'new' }).where('1=1) OR (1=1').execute(),
    'delete whose where does': (m) =>
      m.createQueryBuilder().delete().from('label').where('1=1) OR (1=1').execute(),
    'softDelete whose where does': (m) =>
      m.createQueryBuilder().softDelete().from(Doc).where('1=1) OR (1=1').execute(),
    'upsert whose condition does': (m) =>
      m
        .createQueryBuilder()
        .insert()
        .into(Doc)
        .values({ slug: 'same', title: 'x' })
        .orUpdate(['title'], ['tenant_id', 'slug'], { overwriteCondition: { where: '1=1) OR (1=1' } })
        .execute(),
    'upsert whose index predicate does': (m) =>
      m
        .createQueryBuilder()
        .insert()
        .into(Doc)
        .values({ slug: 'same', title: 'x' })
        .orUpdate(['title'], ['tenant_id', 'slug'], {
          indexPredicate: "true) DO UPDATE SET title = 'new' --",
        })
        .execute(),
    'update of a table that is no entity': (m) =>
      m.createQueryBuilder().update('public.doc').set({ title: 'new' }).execute(),
    'delete from a table that is no entity': (m) =>
      m.createQueryBuilder().delete().from('public.label').execute(),
    'insert into a table that is no entity': (m) =>
      m.createQueryBuilder().insert().into('public.label').values({ text: 'x' }).execute(),
    'INSERT … SELECT': (m) =>
      m
        .createQueryBuilder()
        .insert()
        .into(Folder, ['name'])
        .valuesFromSelect(m.createQueryBuilder(Doc, 'd').select('d.title'))
        .execute(),
  },
  outcomes: { 'both nets': 'STATEMENT_REFUSED', 'net 1 alone': 'STATEMENT_REFUSED' },
  exceptions: {
    'update whose where does': {
      'both nets': 'STATEMENT_REFUSED',
      'net 1 alone': 'STATEMENT_REFUSED',
      'net 2 alone': '42601',
    },
    'delete whose where does': {
      'both nets': 'STATEMENT_REFUSED',
      'net 1 alone': 'STATEMENT_REFUSED',
      'net 2 alone': '42601',
    },
    'softDelete whose where does': {
      'both nets': 'STATEMENT_REFUSED',
      'net 1 alone': 'STATEMENT_REFUSED',
      'net 2 alone': '42601',
    },
    'upsert whose condition does': {
      'both nets': 'STATEMENT_REFUSED',
      'net 1 alone': 'STATEMENT_REFUSED',
      'net 2 alone': '42601',
    },
  },
};

export const STOCK_BUILDERS: Group = {
  row: 'builders not made by the data source',
  kind: 'read',
  all: {
    'stock select builder': (m) =>
      new SelectQueryBuilder<Doc>(m.dataSource, m.queryRunner).select('d').from(Doc, 'd').getMany(),
    'stock insert builder': (m) =>
      new InsertQueryBuilder<Doc>(m.dataSource, m.queryRunner)
        .into(Doc)
        .values({ slug: 'x', title: ROWS_OF_A.canary })
        .callListeners(false)
        .returning('*')
        .execute(),
    'stock builder with borrowed parameters': (m) => {
      const borrowed = inScopeOf(B, () => m.createQueryBuilder(Doc, 'd').getParameters());
      return new SelectQueryBuilder<Doc>(m.dataSource, m.queryRunner)
        .select('d')
        .from(Doc, 'd')
        .setParameters(borrowed)
        .getMany();
    },
  },
  outcomes: { 'both nets': 'STATEMENT_REFUSED', 'net 1 alone': 'STATEMENT_REFUSED' },
};
