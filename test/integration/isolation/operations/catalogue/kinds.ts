import { ROWS_OF_A } from '../../net1-database.js';
import { Asset, BigDoc, Image, Template, Topic } from '../../net1-entities.js';
import type { Group } from '../operation.js';

const stub = (id: string): Topic => Object.assign(new Topic(), { id });

export const TREE_READ: Group = {
  row: 'trees by materialized path: reads',
  kind: 'read',
  aimed: {
    findDescendants: (m, { topic }) => m.getTreeRepository(Topic).findDescendants(stub(topic)),
    findDescendantsTree: async (m, { topic }) => {
      const [root] = await m.findBy(Topic, { id: topic });
      return m.getTreeRepository(Topic).findDescendantsTree(root ?? stub(topic));
    },
    findAncestors: (m, { topic }) => m.getTreeRepository(Topic).findAncestors(stub(topic)),
    'descendants by a builder': (m, { topic }) =>
      m.getTreeRepository(Topic).createDescendantsQueryBuilder('t', 'c', stub(topic)).getMany(),
  },
  all: {
    findTrees: (m) => m.getTreeRepository(Topic).findTrees(),
    findRoots: (m) => m.getTreeRepository(Topic).findRoots(),
  },
};

export const TREE_COUNT: Group = {
  row: 'trees by materialized path: counts',
  kind: 'reveal',
  aimed: {
    countDescendants: (m, { topic }) => m.getTreeRepository(Topic).countDescendants(stub(topic)),
    countAncestors: (m, { topic }) => m.getTreeRepository(Topic).countAncestors(stub(topic)),
  },
  gives: { countDescendants: 1, countAncestors: 1 },
};

export const TREE_WRITE: Group = {
  row: 'trees by materialized path: a child or a move under a node',
  kind: 'link',
  aimed: {
    'child under a node': (m, { topic }) => m.save(Topic, { name: 'x', parent: stub(topic) }),
    'node with a child taken over': (m, { topic }) =>
      m.save(Topic, { name: 'x', children: [Object.assign(stub(topic), { name: 'new' })] }),
    'rename a node': (m, { topic }) => m.save(Topic, { id: topic, name: 'new', parent: null }),
    'move a node': async (m, { topic }) => {
      const root = await m.save(Topic, { name: 'root', parent: null });
      return m.save(Topic, { id: topic, name: 'new', parent: root });
    },
  },
};

export const INHERITANCE_READ: Group = {
  row: 'single-table inheritance: reads',
  kind: 'read',
  aimed: { 'find a child entity': (m, { image }) => m.findBy(Image, { id: image }) },
  all: { 'find child entities by their parent': (m) => m.find(Asset) },
};

export const INHERITANCE_WRITE: Group = {
  row: 'single-table inheritance: writes',
  kind: 'write',
  aimed: {
    'save a child entity': (m, { image }) => m.save(Image, { id: image, name: 'new', alt: 'new' }),
    'update a child entity': (m, { image }) => m.update(Image, image, { alt: 'new' }),
    'delete a child entity': (m, { image }) => m.delete(Image, { id: image }),
    'update by the parent entity': (m, { image }) => m.update(Asset, image, { name: 'new' }),
  },
};

export const VIEWS: Group = {
  row: 'views with a tenant column',
  kind: 'read',
  all: {
    'find in a view': (m) => m.find(BigDoc),
    'qb of a view': (m) => m.createQueryBuilder(BigDoc, 'v').where('1=0').orWhere('1=1').getRawMany(),
  },
};

export const MIXED_READ: Group = {
  row: 'tables that hold own and shared rows: reads',
  kind: 'read',
  aimed: { 'find in a mixed table': (m, { template }) => m.findBy(Template, { id: template }) },
  all: { 'find all in a mixed table': (m) => m.find(Template) },
};

export const MIXED_WRITE: Group = {
  row: 'tables that hold own and shared rows: writes',
  kind: 'write',
  aimed: {
    'update in a mixed table': (m, { template }) => m.update(Template, template, { name: 'new' }),
    'delete in a mixed table': (m, { template }) => m.delete(Template, template),
    'insert in a mixed table with an id in use': (m, { template }) =>
      m.insert(Template, { id: template, name: 'x' }),
    'upsert in a mixed table by id': (m, { template }) =>
      m.upsert(Template, { id: template, name: 'new' }, ['id']),
  },
  all: {
    'updateAll in a mixed table': (m) => m.updateAll(Template, { name: 'new' }),
    'qb delete in a mixed table': (m) => m.createQueryBuilder().delete().from(Template).execute(),
    'insert of a row for all': (m) =>
      m
        .createQueryBuilder()
        .insert()
        .into(Template)
        .values({ name: 'x', tenantId: null })
        .callListeners(false)
        .execute(),
    'save of a shared row that was loaded': async (m) => {
      const shared = await m.findOneByOrFail(Template, { name: 'for everyone' });
      return m.save(Template, Object.assign(shared, { name: ROWS_OF_A.canary }));
    },
  },
  exceptions: {
    'insert in a mixed table with an id in use': {
      'both nets': 'beyond',
      'net 1 alone': 'beyond',
      'net 2 alone': 'beyond',
    },
    'upsert in a mixed table by id': {
      'both nets': 'beyond',
      'net 1 alone': 'beyond',
      'net 2 alone': 'beyond',
    },
    'insert of a row for all': {
      'both nets': 'TENANT_MISMATCH',
      'net 1 alone': 'TENANT_MISMATCH',
      'net 2 alone': '42501',
    },
    'save of a shared row that was loaded': {
      'both nets': 'TENANT_MISMATCH',
      'net 1 alone': 'TENANT_MISMATCH',
      'net 2 alone': 'no effect',
    },
  },
};
