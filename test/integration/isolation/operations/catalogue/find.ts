import { Equal, In, Like, Not, Raw, type EntityManager } from 'typeorm';
import { SAME_ID } from '../../net1-database.js';
import { Doc, Folder, Label, Memo } from '../../net1-entities.js';
import type { Group } from '../operation.js';

export const FIND: Group = {
  row: 'find, findBy, findOne, with conditions, order and paging',
  kind: 'read',
  aimed: {
    'find where': (m, { doc }) => m.find(Doc, { where: { id: doc } }),
    'find where an array': (m, { doc, slug }) => m.find(Doc, { where: [{ id: doc }, { slug }] }),
    'find where In': (m, { doc }) => m.findBy(Doc, { id: In([doc]) }),
    'find where Raw': (m, { doc }) =>
      m.findBy(Doc, { id: Raw((column) => `${column} = :doc OR 1=1`, { doc }) }),
    'find where a tenant': (m, { tenantId }) => m.findBy(Doc, { tenantId }),
    'find where a relation': (m, { folder }) => m.find(Doc, { where: { folder: { id: folder } } }),
    'find where a related tenant': (m, { tenantId }) => m.findBy(Doc, { folder: { tenantId } }),
    'find with deleted': (m, { gone }) => m.find(Doc, { where: { id: gone }, withDeleted: true }),
    findBy: (m, { slug }) => m.findBy(Doc, { slug }),
    findOne: (m, { doc }) => m.findOne(Doc, { where: { id: doc } }),
    findOneBy: (m, { doc }) => m.findOneBy(Doc, { id: Equal(doc) }),
    findOneOrFail: (m, { doc }) => m.findOneOrFail(Doc, { where: { id: doc } }),
    findOneByOrFail: (m, { slug }) => m.findOneByOrFail(Doc, { slug }),
    findAndCount: (m, { slug }) => m.findAndCount(Doc, { where: { slug } }),
    findAndCountBy: (m, { slug }) => m.findAndCountBy(Doc, { slug }),
    'find of a repository': (m, { doc }) => m.getRepository(Doc).findBy({ id: doc }),
    'find of an extended repository': (m, { doc }) => m.withRepository(extended(m)).withId(doc),
    'find of an entity schema': (m, { label }) => m.findBy(Label, { id: label }),
    'find with a lock': (m, { doc }) =>
      m.transaction((inner) =>
        inner.findOne(Doc, { where: { id: doc }, lock: { mode: 'pessimistic_write' } }),
      ),
    preload: (m, { doc }) => m.preload(Doc, { id: doc }),
  },
  all: {
    'find all': (m) => m.find(Doc),
    'find where undefined': (m) => m.find(Doc, { where: undefined }),
    'find like': (m) => m.findBy(Doc, { title: Like('CANARY%') }),
    'find not': (m) => m.findBy(Doc, { id: Not(SAME_ID) }),
    'find a part': (m) => m.find(Doc, { select: { id: true, title: true } }),
    'find ordered by a relation': (m) =>
      m.find(Doc, { withDeleted: true, order: { folder: { name: 'ASC' } } }),
    'find a page over a join': (m) =>
      m.find(Folder, { relations: { docs: true }, take: 5, skip: 0, order: { name: 'DESC' } }),
    'find the last page': (m) => m.find(Doc, { take: 1, skip: 1, order: { slug: 'ASC' } }),
    'find by an id two tenants have': (m) => m.findBy(Doc, { id: SAME_ID }),
  },
};

export const RELATIONS: Group = {
  row: 'relations by join, by query, eager; where the own row points at a foreign one',
  kind: 'read',
  aimed: {
    'relation in where': (m, { doc }) => m.findBy(Memo, { doc: { id: doc } }),
    'relation by join': (m, { folder }) =>
      m.find(Folder, { where: { id: folder }, relations: { docs: true } }),
    'relation by query': (m, { folder }) =>
      m.find(Folder, { where: { id: folder }, relations: { docs: true }, relationLoadStrategy: 'query' }),
  },
  all: {
    'eager relation': (m) => m.find(Memo),
    'eager relation, off': (m) => m.find(Memo, { loadEagerRelations: false }),
    'nested relations by join': (m) => m.find(Memo, { relations: { doc: { folder: { docs: true } } } }),
    'nested relations by query': (m) =>
      m.find(Folder, { relations: { docs: { folder: true } }, relationLoadStrategy: 'query' }),
    'foreign relation by query': (m) =>
      m.find(Memo, { relations: { doc: { folder: true } }, relationLoadStrategy: 'query' }),
    loadRelationIds: (m) => m.find(Memo, { loadRelationIds: true }),
    'qb loadAllRelationIds': (m) => m.createQueryBuilder(Memo, 'm').loadAllRelationIds().getMany(),
    'qb loadRelationIdAndMap': (m) =>
      m.createQueryBuilder(Memo, 'm').loadRelationIdAndMap('m.docId', 'm.doc').getMany(),
    'qb relation ids of children': (m) =>
      m.createQueryBuilder(Folder, 'f').loadRelationIdAndMap('f.docIds', 'f.docs').getMany(),
    'shared relation': (m) => m.find(Folder, { relations: { country: true } }),
  },
};

export const COUNTS: Group = {
  row: 'count, exists, sum, average, minimum, maximum, getCount, getManyAndCount: exact',
  kind: 'reveal',
  aimed: {
    countBy: (m, { doc }) => m.countBy(Doc, { id: doc }),
    'countBy a tenant': (m, { tenantId }) => m.countBy(Doc, { tenantId }),
    exists: (m, { doc }) => m.exists(Doc, { where: { id: doc } }),
    existsBy: (m, { slug }) => m.existsBy(Doc, { slug }),
    'maximum of a tenant': (m, { tenantId }) => m.maximum(Doc, 'size', { tenantId }),
    'qb getExists': (m, { doc }) => m.createQueryBuilder(Doc, 'd').where('d.id = :doc', { doc }).getExists(),
  },
  all: {
    count: (m) => m.count(Doc),
    'count with deleted': (m) => m.count(Doc, { withDeleted: true }),
    'count over a relation': (m) => m.count(Doc, { where: { folder: { name: Like('%') } } }),
    'count of an id two tenants have': (m) => m.countBy(Doc, { id: SAME_ID }),
    sum: (m) => m.sum(Doc, 'size', {}),
    average: (m) => m.average(Doc, 'size', {}),
    minimum: (m) => m.minimum(Doc, 'size', {}),
    maximum: (m) => m.maximum(Doc, 'size', {}),
    'qb getCount': (m) => m.createQueryBuilder(Doc, 'd').where('1=0').orWhere('1=1').getCount(),
    'qb getCount over a join': (m) => m.createQueryBuilder(Doc, 'd').innerJoin(Folder, 'f', '1=1').getCount(),
    'qb getManyAndCount': async (m) => (await m.createQueryBuilder(Doc, 'd').take(1).getManyAndCount())[1],
    'qb count as text': (m) => m.createQueryBuilder(Doc, 'd').select('count(*)::int', 'n').getRawOne(),
    'qb group by': (m) =>
      m.createQueryBuilder(Doc, 'd').select('sum(d.size)::int', 'n').groupBy('d.version').getRawMany(),
    'count of shared rows': (m) => m.count('country'),
    'count of own and shared rows': (m) => m.count('template'),
  },
  gives: {
    countBy: 1,
    'countBy a tenant': 2,
    exists: true,
    existsBy: true,
    'maximum of a tenant': 10,
    'qb getExists': true,
    count: 2,
    'count with deleted': 3,
    'count over a relation': 2,
    'count of an id two tenants have': 1,
    sum: 15,
    average: 7.5,
    minimum: 5,
    maximum: 10,
    'qb getCount': 2,
    'qb getCount over a join': 2,
    'qb getManyAndCount': 2,
    'qb count as text': { n: 2 },
    'qb group by': [{ n: 15 }],
    'count of shared rows': 1,
    'count of own and shared rows': 2,
  },
};

function extended({ dataSource }: EntityManager) {
  return dataSource.getRepository(Doc).extend({
    withId(id: string) {
      return this.findBy({ id });
    },
  });
}
