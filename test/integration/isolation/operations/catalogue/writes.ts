import { B as TENANT_B } from '../../net1-database.js';
import { Doc, Image, Label } from '../../net1-entities.js';
import type { Group } from '../operation.js';

const NEW = { title: 'new' };

export const UPDATE: Group = {
  row: 'update, increment, decrement by id or criteria; builders with and without where',
  kind: 'write',
  aimed: {
    'update by id': (m, { doc }) => m.update(Doc, doc, NEW),
    'update by ids': (m, { doc }) => m.update(Doc, [doc], NEW),
    'update by criteria': (m, { slug }) => m.update(Doc, { slug }, NEW),
    'update by a tenant': (m, { tenantId }) => m.update(Doc, { tenantId }, NEW),
    'update returning': (m, { doc }) => m.update(Doc, { id: doc }, NEW, { returning: '*' }),
    'update of an entity schema': (m, { label }) => m.update(Label, label, { text: 'new' }),
    increment: (m, { doc }) => m.increment(Doc, { id: doc }, 'size', 1),
    decrement: (m, { doc }) => m.decrement(Doc, { id: doc }, 'size', 1),
    'qb update': (m, { doc }) => m.createQueryBuilder().update(Doc, NEW).where({ id: doc }).execute(),
    'qb update whereInIds': (m, { doc }) =>
      m.createQueryBuilder().update(Doc).set(NEW).whereInIds([doc]).execute(),
    'qb update of a string table': (m, { doc }) =>
      m.createQueryBuilder().update('doc').set(NEW).where({ id: doc }).execute(),
    'qb update from a select': (m, { doc }) =>
      m.createQueryBuilder(Doc, 'doc').where({ id: doc }).update().set(NEW).execute(),
    'qb update returning': (m, { doc }) =>
      m.createQueryBuilder().update(Doc).set(NEW).where({ id: doc }).returning('*').execute(),
    'qb update without listeners': (m, { doc }) =>
      m.createQueryBuilder().update(Doc).set(NEW).where({ id: doc }).callListeners(false).execute(),
    'qb updateEntity': (m, { doc }) =>
      m
        .createQueryBuilder()
        .update(Doc)
        .set(NEW)
        .whereEntity(Object.assign(new Doc(), { id: doc }))
        .updateEntity(true)
        .execute(),
  },
  all: {
    updateAll: (m) => m.updateAll(Doc, NEW),
    'qb update without where': (m) => m.createQueryBuilder().update(Doc).set(NEW).execute(),
    'qb update with a true where': (m) =>
      m.createQueryBuilder().update(Doc).set({ size: 0 }).where('1=0').orWhere('true').execute(),
    'qb update of all returning': (m) =>
      m.createQueryBuilder().update(Doc).set(NEW).returning(['id', 'title']).execute(),
  },
};

export const TENANT_MOVED: Group = {
  row: 'the tenant given by the caller in an update or save of an own row',
  kind: 'write',
  all: {
    'update to another tenant': (m) => m.update(Doc, { slug: 'same' }, { tenantId: TENANT_B, ...NEW }),
    'updateAll to another tenant': (m) => m.updateAll(Doc, { tenantId: TENANT_B, ...NEW }),
    'qb update to another tenant': (m) =>
      m
        .createQueryBuilder()
        .update(Doc)
        .set({ tenantId: TENANT_B, ...NEW })
        .callListeners(false)
        .execute(),
    'qb update to a computed tenant': (m) =>
      m
        .createQueryBuilder()
        .update(Doc)
        .set({ tenantId: () => `'${TENANT_B}'`, ...NEW })
        .callListeners(false)
        .execute(),
  },
  outcomes: { 'both nets': 'TENANT_MISMATCH', 'net 1 alone': 'TENANT_MISMATCH' },
};

export const DELETE: Group = {
  row: 'delete by id or criteria; builders with and without where',
  kind: 'write',
  aimed: {
    'delete by id': (m, { ownMemo }) => m.delete('memo', ownMemo),
    'delete by criteria': (m, { badge }) => m.delete('badge', { id: badge }),
    'delete by a tenant': (m, { tenantId }) => m.delete(Label, { tenantId }),
    'delete of an entity schema': (m, { label }) => m.delete(Label, label),
    'qb delete': (m, { label }) => m.createQueryBuilder().delete().from(Label).whereInIds(label).execute(),
    'qb delete of a string table': (m, { image }) =>
      m.createQueryBuilder().delete().from('asset').where({ id: image }).execute(),
    'qb delete from a select': (m, { label }) =>
      m.createQueryBuilder(Label, 'label').where({ id: label }).delete().execute(),
    'qb delete returning': (m, { label }) =>
      m.createQueryBuilder().delete().from(Label).where({ id: label }).returning('*').execute(),
    'qb delete without listeners': (m, { image }) =>
      m.createQueryBuilder().delete().from(Image).where({ id: image }).callListeners(false).execute(),
  },
  all: {
    deleteAll: (m) => m.deleteAll(Label),
    'qb delete without where': (m) => m.createQueryBuilder().delete().from(Label).execute(),
    'qb delete with a true where': (m) =>
      m.createQueryBuilder().delete().from(Label).where('1=0').orWhere('true').execute(),
    'qb delete of all returning': (m) => m.createQueryBuilder().delete().from(Label).returning('*').execute(),
  },
};

export const SOFT_DELETE: Group = {
  row: 'softDelete and restore by id or criteria; builders with and without where',
  kind: 'write',
  aimed: {
    softDelete: (m, { doc }) => m.softDelete(Doc, doc),
    'softDelete by criteria': (m, { slug }) => m.softDelete(Doc, { slug }),
    restore: (m, { gone }) => m.restore(Doc, gone),
    'restore by criteria': (m, { gone }) => m.restore(Doc, { id: gone }),
    'qb softDelete': (m, { doc }) =>
      m.createQueryBuilder().softDelete().from(Doc).where({ id: doc }).execute(),
    'qb softDelete from a select': (m, { doc }) =>
      m.createQueryBuilder(Doc, 'doc').where({ id: doc }).softDelete().execute(),
    'qb restore': (m, { gone }) => m.createQueryBuilder().restore().from(Doc).where({ id: gone }).execute(),
  },
  all: {
    'qb softDelete without where': (m) => m.createQueryBuilder().softDelete().from(Doc).execute(),
    'qb restore without where': (m) => m.createQueryBuilder().restore().from(Doc).execute(),
  },
};

/** What TypeORM itself stops. */
export const EMPTY_CRITERIA: Group = {
  row: 'update, delete and soft delete with criteria that turn out empty',
  kind: 'write',
  all: {
    'update by {}': (m) => m.update(Doc, {}, NEW),
    'update by undefined': (m) => m.update(Doc, { id: undefined }, NEW),
    'delete by {}': (m) => m.delete(Label, {}),
    'delete by []': (m) => m.delete(Label, []),
    'delete by null': (m) => m.delete(Label, { id: null as never }),
    'softDelete by {}': (m) => m.softDelete(Doc, {}),
    'qb delete where {}': (m) => m.createQueryBuilder().delete().from(Label).where({}).execute(),
  },
  outcomes: { 'both nets': 'TypeORMError', 'net 1 alone': 'TypeORMError', 'net 2 alone': 'TypeORMError' },
};
