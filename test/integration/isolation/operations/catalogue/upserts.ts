import { Doc, Template } from '../../net1-entities.js';
import type { Group } from '../operation.js';

export const UPSERT: Group = {
  row: 'upsert by id, by unique columns, by constraint; with conditions; or ignore',
  kind: 'write',
  aimed: {
    'upsert by id': (m, { doc }) => m.upsert(Doc, { id: doc, slug: 'fresh', title: 'new' }, ['id']),
    'upsert by tenant and id': (m, { doc }) =>
      m.upsert(Doc, { id: doc, slug: 'fresh', title: 'new' }, ['tenantId', 'id']),
    'upsert by slug': (m, { slug }) => m.upsert(Doc, { slug, title: 'new' }, ['slug']),
    'upsert by tenant and slug': (m, { slug }) => m.upsert(Doc, { slug, title: 'new' }, ['tenantId', 'slug']),
    'upsert many': (m, { slug }) =>
      m.upsert(
        Doc,
        [
          { slug, title: 'new' },
          { slug: 'fresh', title: 'new' },
        ],
        ['tenantId', 'slug'],
      ),
    'upsert, skipping equal rows': (m, { slug }) =>
      m.upsert(
        Doc,
        { slug, title: 'new' },
        { conflictPaths: ['tenantId', 'slug'], skipUpdateIfNoValuesChanged: true },
      ),
    'upsert, returning': (m, { slug }) =>
      m.upsert(Doc, { slug, title: 'new' }, { conflictPaths: ['tenantId', 'slug'], returning: '*' }),
    'upsert with an index predicate': (m, { slug }) =>
      m.upsert(Doc, { slug, title: 'new' }, { conflictPaths: ['tenantId', 'slug'], indexPredicate: '1=1' }),
    'upsert by constraint': (m, { slug }) =>
      m
        .createQueryBuilder()
        .insert()
        .into(Doc)
        .values({ slug, title: 'new' })
        .orUpdate(['title'], 'doc_slug')
        .execute(),
    'upsert with a condition': (m, { slug }) =>
      m
        .createQueryBuilder()
        .insert()
        .into(Doc)
        .values({ slug, title: 'new' })
        .orUpdate(['title'], ['tenant_id', 'slug'], { overwriteCondition: { where: '1=1 OR 1=1' } })
        .execute(),
    'upsert that also sets the tenant': (m, { slug, tenantId }) =>
      m
        .createQueryBuilder()
        .insert()
        .into(Doc)
        .values({ slug, title: 'new', tenantId })
        .orUpdate(['title', 'tenant_id'], ['tenant_id', 'slug'])
        .callListeners(false)
        .execute(),
    'upsert or ignore': (m, { doc }) =>
      m
        .createQueryBuilder()
        .insert()
        .into(Doc)
        .values([
          { id: doc, slug: 'x', title: 'x' },
          { slug: 'y', title: 'y' },
        ])
        .orIgnore()
        .execute(),
  },
  all: {
    'upsert by a name that a shared row has': (m) =>
      m.upsert(Template, { name: 'for everyone' }, ['tenantId', 'name']),
  },
  exceptions: {
    'upsert by id': { 'net 2 alone': '42P10' },
    'upsert by slug': { 'net 2 alone': '42P10' },
  },
};
