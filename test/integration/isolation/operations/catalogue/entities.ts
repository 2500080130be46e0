import { COUNTRY, ROWS_OF_A, ROWS_OF_B, SAME_ID } from '../../net1-database.js';
import { Badge, Country, Doc, Folder, Memo, Pin } from '../../net1-entities.js';
import type { Group } from '../operation.js';

export const SAVE: Group = {
  row: 'save of existing rows, whole or in part; save of what was loaded',
  kind: 'write',
  aimed: {
    'save a part': (m, { doc }) => m.save(Doc, { id: doc, title: 'new', slug: 'fresh' }),
    'save a part without listeners': (m, { doc }) =>
      m.getRepository(Doc).save({ id: doc, title: 'new', slug: 'fresh' }, { listeners: false }),
    'save what was loaded': async (m, { doc }) => {
      const found = await m.findOneBy(Doc, { id: doc });
      return m.save(Doc, Object.assign(found ?? { slug: 'fresh' }, { title: 'new' }));
    },
    'save with the tenant named': (m, { tenantId }) =>
      m.save(Doc, { id: SAME_ID, tenantId, slug: 'same', title: 'new' }),
    'save what preload made': async (m, { doc }) =>
      m.save(Doc, (await m.preload(Doc, { id: doc, title: 'new' })) ?? { slug: 'fresh', title: 'new' }),
  },
};

export const REMOVE: Group = {
  row: 'remove, softRemove and recover of stubs and of loaded rows',
  kind: 'write',
  aimed: {
    'remove a stub': (m, { badge }) => m.remove(Badge, Object.assign(new Badge(), { id: badge })),
    'remove a stub with the tenant named': (m, { pin, tenantId }) =>
      m.remove(Pin, Object.assign(new Pin(), { id: pin, tenantId })),
    'softRemove a stub': (m, { doc }) => m.softRemove(Doc, { id: doc }),
    'softRemove a stub with the tenant named': (m, { doc, tenantId }) =>
      m.softRemove(Doc, { id: doc, tenantId }),
    'recover a stub': (m, { gone }) => m.recover(Doc, { id: gone }),
    'remove what was loaded': async (m, { tenantId }) => m.remove(await m.findBy(Badge, { tenantId })),
  },
};

export const CASCADE: Group = {
  row: 'cascades: a child by its id, children replaced',
  kind: 'write',
  aimed: {
    'take a child over': (m, { doc }) =>
      m.save(Folder, { id: ROWS_OF_A.emptyFolder, docs: [{ id: doc, slug: 'fresh', title: 'new' }] }),
    'replace the children': (m, { folder }) => m.save(Folder, { id: folder, name: 'new', docs: [] }),
    'save children of an unloaded parent': (m, { folder }) =>
      m.save(Folder, { id: folder, name: 'new', docs: [{ slug: 'fresh', title: 'new' }] }),
    'cascade to a parent': (m, { doc }) =>
      m.save(Pin, {
        id: ROWS_OF_A.pin,
        doc: { id: doc, slug: 'fresh', title: 'new' },
        topic: { id: ROWS_OF_A.topic },
      }),
  },
};

export const LINK: Group = {
  row: 'a relation or its column set to a row of another tenant',
  kind: 'link',
  aimed: {
    'save with a stub': (m, { folder }) => m.save(Doc, { slug: 'x', title: 'x', folder: { id: folder } }),
    'save with the column': (m, { folder }) => m.save(Doc, { slug: 'x', title: 'x', folderId: folder }),
    'save a stub of a relation without column': (m, { emptyFolder }) =>
      m.save(Badge, { folder: { id: emptyFolder } }),
    'save what was loaded with a stub': async (m, { emptyFolder }) => {
      const found = await m.findOneByOrFail(Doc, { id: ROWS_OF_A.doc });
      return m.save(Doc, Object.assign(found, { folder: { id: emptyFolder } }));
    },
    'insert with a stub': (m, { folder }) => m.insert(Doc, { slug: 'x', title: 'x', folder: { id: folder } }),
    'update a relation': (m, { emptyFolder }) =>
      m.update(Doc, ROWS_OF_A.doc, { folder: { id: emptyFolder } }),
    'update the column of a relation': (m, { emptyFolder }) =>
      m.update(Doc, ROWS_OF_A.doc, { folderId: emptyFolder }),
    'upsert with a stub': (m, { emptyFolder }) =>
      m.upsert(Doc, { slug: 'same', title: 'x', folder: { id: emptyFolder } }, ['tenantId', 'slug']),
    'save in a junction entity': (m, { topic }) =>
      m.save(Pin, { doc: { id: SAME_ID }, topic: { id: topic } }),
    'save a stub without foreign key': (m, { doc }) => m.save(Memo, { body: 'x', doc: { id: doc } }),
  },
};

export const UNLINK: Group = {
  row: 'a relation set to null',
  kind: 'write',
  aimed: {
    'update a relation to null': (m, { doc }) => m.update(Doc, doc, { folder: null }),
    'save a relation as null': (m, { doc }) =>
      m.save(Doc, { id: doc, slug: 'fresh', title: 'new', folder: null }),
  },
};

export const RELATION_BUILDER: Group = {
  row: 'relation builder: set, add, remove, addAndRemove',
  kind: 'link',
  aimed: {
    "relation().set of another's row": (m, { doc }) =>
      m.createQueryBuilder().relation(Doc, 'folder').of(doc).set(ROWS_OF_A.emptyFolder),
    "relation().set to another's row": (m, { emptyFolder }) =>
      m.createQueryBuilder().relation(Doc, 'folder').of(ROWS_OF_A.doc).set(emptyFolder),
    'relation().set null': (m, { doc }) => m.createQueryBuilder().relation(Doc, 'folder').of(doc).set(null),
    "relation().add of another's row": (m, { doc }) =>
      m.createQueryBuilder().relation(Folder, 'docs').of(ROWS_OF_A.emptyFolder).add(doc),
    "relation().add to another's row": (m, { emptyFolder }) =>
      m.createQueryBuilder().relation(Folder, 'docs').of(emptyFolder).add(ROWS_OF_A.doc),
    'relation().remove': (m, { doc, folder }) =>
      m.createQueryBuilder().relation(Folder, 'docs').of(folder).remove(doc),
    'relation().addAndRemove': (m, { doc, emptyFolder }) =>
      m.createQueryBuilder().relation(Folder, 'docs').of(emptyFolder).addAndRemove(ROWS_OF_A.doc, doc),
    'relation() of a select': (m, { doc }) =>
      m.createQueryBuilder(Doc, 'd').relation('folder').of(doc).set(ROWS_OF_A.emptyFolder),
  },
};

export const RELATION_LOAD: Group = {
  row: 'relation builder: loadOne, loadMany',
  kind: 'read',
  aimed: {
    'relation().loadOne': (m, { doc }) => m.createQueryBuilder().relation(Doc, 'folder').of(doc).loadOne(),
    'relation().loadMany': (m, { folder }) =>
      m.createQueryBuilder().relation(Folder, 'docs').of(folder).loadMany(),
    'relation().loadOne of an own row': (m, { tenantId }) =>
      m
        .createQueryBuilder()
        .relation(Memo, 'doc')
        .of(tenantId === ROWS_OF_B.tenantId ? ROWS_OF_A.memo : ROWS_OF_A.ownMemo)
        .loadOne(),
  },
};

export const SHARED: Group = {
  row: 'writes to rows shared by all tenants',
  kind: 'write',
  all: {
    'insert of a shared row': (m) => m.insert(Country, { name: 'x' }),
    'save of a shared row': (m) => m.save(Country, { name: 'x' }),
    'qb update of a shared row': (m) =>
      m.createQueryBuilder().update(Country).set({ name: 'x' }).callListeners(false).execute(),
    'qb delete of a shared row': (m) =>
      m.createQueryBuilder().delete().from(Country).callListeners(false).execute(),
    'save of a shared row by id': (m) => m.save(Country, { id: COUNTRY.id, name: 'x' }),
  },
  outcomes: { 'both nets': 'STATEMENT_REFUSED', 'net 1 alone': 'STATEMENT_REFUSED', 'net 2 alone': '42501' },
};
