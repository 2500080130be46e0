import { Brackets } from 'typeorm';
import { Doc, Folder, Template } from '../../net1-entities.js';
import type { Group } from '../operation.js';

export const SELECT: Group = {
  row: 'select builder: getMany, getRaw, clone, brackets, string tables, distinct on, lock, stream',
  kind: 'read',
  aimed: {
    'qb getMany': (m, { doc }) => m.createQueryBuilder(Doc, 'd').where('d.id = :doc', { doc }).getMany(),
    'qb getOneOrFail': (m, { doc }) => m.createQueryBuilder(Doc, 'd').where({ id: doc }).getOneOrFail(),
    'qb whereInIds': (m, { doc }) => m.createQueryBuilder(Doc, 'd').whereInIds([doc]).getMany(),
    'qb orWhereInIds': (m, { doc }) =>
      m.createQueryBuilder(Doc, 'd').where('1=0').orWhereInIds([doc]).getMany(),
    'qb getRawOne': (m, { doc }) => m.createQueryBuilder(Doc, 'd').where('d.id = :doc', { doc }).getRawOne(),
    'qb getRawAndEntities': (m, { doc }) =>
      m.createQueryBuilder(Doc, 'd').where({ id: doc }).getRawAndEntities(),
    'qb clone': (m, { doc }) => m.createQueryBuilder(Doc, 'd').where('d.id = :doc', { doc }).clone().getOne(),
    'qb of a string table': (m, { doc }) => m.createQueryBuilder('doc', 'd').where({ id: doc }).getMany(),
    'qb setFindOptions': (m, { doc }) =>
      m
        .createQueryBuilder(Doc, 'd')
        .setFindOptions({ where: { id: doc } })
        .getMany(),
    'qb getSql, then query': (m, { doc }) => {
      const [sql, parameters] = m.createQueryBuilder(Doc, 'd').where({ id: doc }).getQueryAndParameters();
      return m.query(sql, parameters);
    },
    'qb with a lock': (m, { doc }) =>
      m.transaction((inner) =>
        inner.createQueryBuilder(Doc, 'd').where({ id: doc }).setLock('pessimistic_read').getMany(),
      ),
    'qb with deleted': (m, { gone }) =>
      m.createQueryBuilder(Doc, 'd').withDeleted().where({ id: gone }).getMany(),
    'qb with a parameter of the name net 1 uses': (m, { tenantId }) =>
      m.createQueryBuilder(Doc, 'd').setParameter('__tenant', tenantId).getMany(),
  },
  all: {
    'qb getRawMany': (m) => m.createQueryBuilder(Doc, 'd').select('d.title', 'title').getRawMany(),
    'qb orWhere on top': (m) => m.createQueryBuilder(Doc, 'd').where('1=0').orWhere('1=1').getMany(),
    'qb brackets': (m) =>
      m
        .createQueryBuilder(Doc, 'd')
        .where(new Brackets((qb) => qb.where('1=0').orWhere('1=1')))
        .getMany(),
    'qb distinctOn': (m) => m.createQueryBuilder(Doc, 'd').distinctOn(['d.slug']).getMany(),
    'qb take and skip': (m) =>
      m.createQueryBuilder(Folder, 'f').leftJoinAndSelect('f.docs', 'd').orderBy('f.name').take(9).getMany(),
    'qb made by another builder': (m) =>
      m.createQueryBuilder().update(Doc).createQueryBuilder().select('d.title').from(Doc, 'd').getRawMany(),
    'qb stream': async (m) => rowsOf(await m.createQueryBuilder(Doc, 'd').stream()),
    'qb stream in a transaction': (m) =>
      m.transaction(async (inner) => rowsOf(await inner.createQueryBuilder(Doc, 'd').stream())),
    'qb of shared and own rows': (m) =>
      m.createQueryBuilder(Template, 't').where('1=0').orWhere('1=1').getMany(),
  },
  exceptions: {
    'qb stream': {
      'both nets': { outside: 'STATEMENT_REFUSED', inside: 'held' },
      'net 2 alone': { outside: 'STATEMENT_REFUSED', inside: 'held' },
    },
  },
};

export const JOINS: Group = {
  row: 'joins of relations, entities, tables and sub-queries; without condition, with OR; addFrom',
  kind: 'read',
  aimed: {
    'qb inner join': (m, { folder }) =>
      m
        .createQueryBuilder(Folder, 'f')
        .innerJoinAndSelect('f.docs', 'd')
        .where('f.id = :folder', { folder })
        .getMany(),
    'qb left join with a condition': (m, { doc }) =>
      m.createQueryBuilder(Folder, 'f').leftJoinAndSelect('f.docs', 'd', 'd.id = :doc', { doc }).getMany(),
  },
  all: {
    'qb join of an entity': (m) =>
      m.createQueryBuilder(Doc, 'd').innerJoinAndMapOne('d.any', Folder, 'f', '1=1').getMany(),
    'qb join without condition': (m) =>
      m.createQueryBuilder(Folder, 'f').innerJoinAndSelect('f.docs', 'd').getMany(),
    'qb join with OR': (m) =>
      m
        .createQueryBuilder(Doc, 'd')
        .innerJoinAndMapMany('d.any', Folder, 'f', '1=1 OR f.id = d.folderId')
        .getMany(),
    'qb join of a relation with OR': (m) =>
      m.createQueryBuilder(Folder, 'f').leftJoinAndSelect('f.docs', 'd', '1=1 OR d.size > 0').getMany(),
    'qb join of a string table': (m) =>
      m.createQueryBuilder(Doc, 'd').innerJoin('folder', 'f', '1=1').addSelect('f.name', 'n').getRawMany(),
    'qb join of a sub-query': (m) =>
      m
        .createQueryBuilder(Doc, 'd')
        .innerJoin((qb) => qb.select('f.name', 'name').from(Folder, 'f'), 's', '1=1')
        .addSelect('s.name', 'n')
        .getRawMany(),
    'qb join from a shared entity': (m) =>
      m
        .createQueryBuilder('country', 'c')
        .leftJoinAndMapMany('c.folders', Folder, 'f', 'f.country_id = c.id')
        .getMany(),
    'qb addFrom': (m) =>
      m.createQueryBuilder().select(['d.title', 'f.name']).from(Doc, 'd').addFrom(Folder, 'f').getRawMany(),
    'qb addFrom of shared and own rows': (m) =>
      m.createQueryBuilder().select(['d.title', 't.name']).from(Doc, 'd').addFrom(Template, 't').getRawMany(),
  },
};

export const SUB_QUERIES: Group = {
  row: 'sub-queries, exists, common table expressions, also writing ones',
  kind: 'read',
  all: {
    'qb from a sub-query': (m) =>
      m
        .createQueryBuilder()
        .select('s.title', 't')
        .from((qb) => qb.select('d.title', 'title').from(Doc, 'd'), 's')
        .getRawMany(),
    'qb scalar sub-query': (m) =>
      m
        .createQueryBuilder(Folder, 'f')
        .addSelect((qb) => qb.select("string_agg(d.title, ',' ORDER BY d.title)").from(Doc, 'd'), 'titles')
        .getRawMany(),
    'qb whereExists': (m) =>
      m
        .createQueryBuilder(Folder, 'f')
        .whereExists(m.createQueryBuilder(Doc, 'd').where('d.folder_id = f.id'))
        .getMany(),
    'qb sub-query in where': (m) =>
      m
        .createQueryBuilder(Folder, 'f')
        .where((qb) => `f.id IN ${qb.subQuery().select('d.folder_id').from(Doc, 'd').getQuery()}`)
        .getMany(),
    'qb sub-query in a sub-query': (m) =>
      m
        .createQueryBuilder()
        .select('o.title', 't')
        .from(
          (outer) =>
            outer
              .select('i.title', 'title')
              .from((inner) => inner.select('d.title', 'title').from(Doc, 'd'), 'i'),
          'o',
        )
        .getRawMany(),
    'qb common table expression': (m) =>
      m
        .createQueryBuilder()
        .addCommonTableExpression(m.createQueryBuilder(Doc, 'd').select('d.title', 'title'), 'c')
        .select('c.title', 't')
        .from('c', 'c')
        .getRawMany(),
    'qb writing common table expression': (m) =>
      m
        .createQueryBuilder()
        .addCommonTableExpression(
          m.createQueryBuilder().update(Doc).set({ size: 1 }).returning(['title']),
          'c',
        )
        .select('c.title', 't')
        .from('c', 'c')
        .getRawMany(),
  },
};

async function rowsOf(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const row of stream) rows.push(row);
  return rows;
}
