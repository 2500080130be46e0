import type { EntityManager } from 'typeorm';
import { B, ROWS_OF_B, SAME_ID } from '../../net1-database.js';
import { Asset, Doc, Folder, Image, Label, Template, Topic } from '../../net1-entities.js';
import type { Group, Run } from '../operation.js';

/** Inserts of a new row, given what it says of its tenant. */
type Insert = (m: EntityManager, tenant: { tenantId?: string }) => Promise<unknown>;

const INSERTS: Readonly<Record<string, Insert>> = {
  save: (m, tenant) => m.save(Doc, { slug: 'x', title: 'x', ...tenant }),
  'save many': (m, tenant) =>
    m.save(Doc, [
      { slug: 'x', title: 'x' },
      { slug: 'y', title: 'y', ...tenant },
    ]),
  'save without listeners': (m, tenant) =>
    m.getRepository(Doc).save({ slug: 'x', title: 'x', ...tenant }, { listeners: false }),
  'save without a transaction': (m, tenant) =>
    m.getRepository(Doc).save({ slug: 'x', title: 'x', ...tenant }, { transaction: false }),
  'save without reading back': (m, tenant) =>
    m.getRepository(Doc).save({ slug: 'x', title: 'x', ...tenant }, { reload: false }),
  insert: (m, tenant) => m.insert(Doc, { slug: 'x', title: 'x', ...tenant }),
  'insert many': (m, tenant) =>
    m.insert(Doc, [
      { slug: 'x', title: 'x' },
      { slug: 'y', title: 'y', ...tenant },
    ]),
  'insert of an entity schema': (m, tenant) => m.insert(Label, { text: 'x', ...tenant }),
  'insert of a child entity': (m, tenant) => m.insert(Image, { name: 'x', alt: 'x', ...tenant }),
  'insert of a parent entity': (m, tenant) => m.insert(Asset, { name: 'x', ...tenant }),
  'insert of an own row among shared ones': (m, tenant) => m.insert(Template, { name: 'x', ...tenant }),
  'upsert of a new row': (m, tenant) =>
    m.upsert(Doc, { slug: 'x', title: 'x', ...tenant }, ['tenantId', 'slug']),
  'qb insert': (m, tenant) =>
    m
      .createQueryBuilder()
      .insert()
      .into(Doc)
      .values({ slug: 'x', title: 'x', ...tenant })
      .execute(),
  'qb insert without listeners': (m, tenant) =>
    m
      .createQueryBuilder()
      .insert()
      .into(Doc)
      .values({ slug: 'x', title: 'x', ...tenant })
      .callListeners(false)
      .execute(),
  'qb insert into a string table': (m, tenant) =>
    m
      .createQueryBuilder()
      .insert()
      .into('doc')
      .values({ slug: 'x', title: 'x', ...tenant })
      .callListeners(false)
      .execute(),
  'qb insert or ignore': (m, tenant) =>
    m
      .createQueryBuilder()
      .insert()
      .into(Doc)
      .values({ slug: 'x', title: 'x', ...tenant })
      .orIgnore()
      .execute(),
  'qb insert of named columns': (m, tenant) =>
    m
      .createQueryBuilder()
      .insert()
      .into(Doc, ['slug', 'title', 'version', 'tenantId'])
      .values({ slug: 'x', title: 'x', version: 1, ...tenant })
      .execute(),
  'qb insert returning': (m, tenant) =>
    m
      .createQueryBuilder()
      .insert()
      .into(Doc)
      .values({ slug: 'x', title: 'x', ...tenant })
      .returning('*')
      .execute(),
  'cascade insert': (m, tenant) =>
    m.save(Folder, { name: 'x', docs: [{ slug: 'x', title: 'x', ...tenant }] }),
  'cascade insert in a tree': (m, tenant) =>
    m.save(Topic, { name: 'x', children: [Object.assign(new Topic(), { name: 'y' }, tenant)] }),
};

const each = (suffix: string, run: (insert: Insert) => Run): Record<string, Run> =>
  Object.fromEntries(Object.entries(INSERTS).map(([name, insert]) => [`${name}${suffix}`, run(insert)]));

export const STAMPED: Group = {
  row: 'save and insert of new rows, also without listeners: stamped',
  kind: 'write',
  all: each('', (insert) => (m) => insert(m, {})),
};

export const TENANT_GIVEN: Group = {
  row: 'the tenant given by the caller in an insert or upsert',
  kind: 'write',
  aimed: each(
    ', tenant given',
    (insert) =>
      (m, { tenantId }) =>
        insert(m, { tenantId }),
  ),
  all: {
    'qb insert, tenant computed': (m) =>
      m
        .createQueryBuilder()
        .insert()
        .into(Doc)
        .values({ slug: 'x', title: 'x', tenantId: () => `(SELECT '${B}')::uuid` })
        .callListeners(false)
        .execute(),
  },
  exceptions: {
    'qb insert, tenant computed': {
      'both nets': 'TENANT_MISMATCH',
      'net 1 alone': 'TENANT_MISMATCH',
      'net 2 alone': '42501',
    },
  },
};

export const TAKEN: Group = {
  row: 'an insert that meets the id or a unique value of another tenant',
  kind: 'write',
  all: {
    'insert with an id that B has': (m) => m.insert(Doc, { id: ROWS_OF_B.doc, slug: 'x', title: 'x' }),
    'insert with a slug that B has': (m) => m.insert(Doc, { slug: ROWS_OF_B.slug, title: 'x' }),
    'insert or ignore with a slug that B has': (m) =>
      m
        .createQueryBuilder()
        .insert()
        .into(Doc)
        .values({ slug: ROWS_OF_B.slug, title: 'x' })
        .orIgnore()
        .execute(),
    'save with an id that B has': (m) => m.save(Label, { id: ROWS_OF_B.label, text: 'x' }),
    'insert with an id of nobody': (m) => m.insert(Label, { id: SAME_ID, text: 'x' }),
  },
};
