import { randomUUID } from 'node:crypto';
import {
  ConflictError,
  type Tenant,
  type TenantPage,
  type TenantStatus,
  type TenantStore,
} from '@parallax/tenant';

const START = Date.UTC(2024, 0, 1);

/** A tenant as a store is given one; each was created a second after the one before it. */
export function tenantMaker(): (given?: Partial<Tenant>) => Tenant {
  let made = 0;
  return (given = {}) => {
    made += 1;
    const createdAt = new Date(START + made * 1_000);
    return {
      id: randomUUID(),
      name: `Tenant ${made}`,
      slug: `tenant-${made}`,
      status: 'active',
      statusReason: null,
      plan: 'free',
      planVersion: 1,
      metadata: {},
      limits: {},
      priceCents: null,
      periodAnchor: createdAt,
      placement: 'shared',
      createdAt,
      updatedAt: createdAt,
      deletedAt: null,
      ...given,
    };
  };
}

/** What every TenantStore promises. `emptyStore` is called before each test. */
export function itIsATenantStore(emptyStore: () => Promise<TenantStore>): void {
  let store: TenantStore;
  let tenant: (given?: Partial<Tenant>) => Tenant;
  const ANY: readonly TenantStatus[] = ['trial', 'active', 'suspended', 'deleted'];

  beforeEach(async () => {
    store = await emptyStore();
    tenant = tenantMaker();
  });

  describe('insert', () => {
    it('keeps every field, to the millisecond', async () => {
      const given = tenant({
        name: 'Café Müller & Söhne',
        status: 'suspended',
        statusReason: 'unpaid',
        metadata: { contact: { email: 'ops@acme.test' }, tags: ['a', null], seats: 3 },
        limits: { maxAgents: 7, maxExecutions: null, sso: true },
        priceCents: 12_345,
        periodAnchor: new Date('2024-01-31T23:59:59.123Z'),
        createdAt: new Date('2024-02-29T12:00:00.001Z'),
      });
      expect(await store.insert(given)).toEqual(given);
      expect(await store.findById(given.id)).toEqual(given);
      expect(await store.findBySlug(given.slug)).toEqual(given);
    });

    it('refuses a slug that is taken, by a deleted tenant too, and takes another', async () => {
      await store.insert(tenant({ slug: 'acme' }));
      await store.insert(tenant({ slug: 'gone', status: 'deleted' }));
      await expect(store.insert(tenant({ slug: 'acme' }))).rejects.toThrow(ConflictError);
      await expect(store.insert(tenant({ slug: 'gone' }))).rejects.toThrow(ConflictError);
      await expect(store.insert(tenant({ slug: 'acme-2' }))).resolves.toBeDefined();
    });

    it('gives a slug to one of many who want it at once', async () => {
      const wanting = Array.from({ length: 20 }, () => tenant({ slug: 'acme' }));
      const outcomes = await Promise.allSettled(wanting.map((each) => store.insert(each)));
      const lost = outcomes.filter((outcome) => outcome.status === 'rejected');
      expect(lost).toHaveLength(19);
      for (const { reason } of lost) expect(reason).toBeInstanceOf(ConflictError);
      expect(await store.list({ limit: 100 })).toHaveLength(1);
    });
  });

  describe('findById and findBySlug', () => {
    it('answer undefined for what nobody has', async () => {
      await store.insert(tenant());
      expect(await store.findById(randomUUID())).toBeUndefined();
      expect(await store.findBySlug('nobody')).toBeUndefined();
    });

    it('answer undefined for what cannot be an id, and for an id in another spelling', async () => {
      const { id } = await store.insert(tenant({ id: 'abcdefab-0000-4000-8000-000000000000' }));
      expect(await store.findById('nonsense')).toBeUndefined();
      expect(await store.findById(id.toUpperCase())).toBeUndefined();
      expect(await store.findById(id)).toMatchObject({ id });
    });

    it('find a deleted tenant: who may see it is for others to say', async () => {
      const { id, slug } = await store.insert(tenant({ status: 'deleted' }));
      expect(await store.findById(id)).toMatchObject({ status: 'deleted' });
      expect(await store.findBySlug(slug)).toMatchObject({ status: 'deleted' });
    });
  });

  describe('update', () => {
    it('changes what it is given and leaves the rest, but for the time of the change', async () => {
      const before = await store.insert(tenant({ metadata: { seats: 3 }, limits: { maxAgents: 7 } }));
      const changes = { name: 'Renamed', status: 'suspended', statusReason: 'unpaid' } as const;
      const after = await store.update(before.id, changes, ['active']);
      expect(after).toEqual({ ...before, ...changes, updatedAt: expect.any(Date) as Date });
      expect(after!.updatedAt.getTime()).toBeGreaterThan(before.updatedAt.getTime());
      expect(await store.findById(before.id)).toEqual(after);
    });

    it.each(ANY)('touches a tenant only in the statuses named: %s', async (status) => {
      const { id, name } = await store.insert(tenant({ status }));
      const others = ANY.filter((other) => other !== status);
      expect(await store.update(id, { name: 'Renamed' }, others)).toBeUndefined();
      expect(await store.findById(id)).toMatchObject({ name });
      expect(await store.update(id, { name: 'Renamed' }, [status])).toMatchObject({ name: 'Renamed' });
    });

    it('answers undefined for a tenant nobody knows', async () => {
      expect(await store.update(randomUUID(), { name: 'x' }, ANY)).toBeUndefined();
      expect(await store.update('nonsense', { name: 'x' }, ANY)).toBeUndefined();
    });

    it('touches no other tenant', async () => {
      const [one, other] = [await store.insert(tenant()), await store.insert(tenant())];
      await store.update(one.id, { name: 'Renamed' }, ANY);
      expect(await store.findById(other.id)).toEqual(other);
    });

    it('merges metadata: null removes a key, undefined leaves it, a value replaces it whole', async () => {
      const { id } = await store.insert(tenant({ metadata: { a: 1, b: 2, c: 3, d: { x: 1, y: 2 } } }));
      const metadata = { a: null, b: undefined, d: { x: null }, e: [1] };
      const expected = { b: 2, c: 3, d: { x: null }, e: [1] };
      expect((await store.update(id, { metadata }, ANY))?.metadata).toEqual(expected);
      expect((await store.findById(id))?.metadata).toEqual(expected);
    });

    it('loses no key when several merge at once', async () => {
      const { id } = await store.insert(tenant());
      const keys = Array.from({ length: 10 }, (_, at) => `key-${at}`);
      await Promise.all(keys.map((key) => store.update(id, { metadata: { [key]: true } }, ANY)));
      expect(Object.keys((await store.findById(id))!.metadata).sort()).toEqual(keys);
    });

    it('replaces overrides of limits, and does not merge them', async () => {
      const { id } = await store.insert(tenant({ limits: { maxAgents: 7, sso: true } }));
      await store.update(id, { limits: { maxExecutions: null } }, ANY);
      expect((await store.findById(id))?.limits).toEqual({ maxExecutions: null });
    });

    it('lets one of many leave a status at once', async () => {
      const { id } = await store.insert(tenant({ status: 'active' }));
      const suspend = (at: number): Promise<Tenant | undefined> =>
        store.update(id, { status: 'suspended', statusReason: `reason ${at}` }, ['active']);
      const outcomes = await Promise.all(Array.from({ length: 10 }, (_, at) => suspend(at)));
      const winners = outcomes.filter((outcome) => outcome !== undefined);
      expect(winners).toHaveLength(1);
      expect(await store.findById(id)).toMatchObject({ statusReason: winners[0]!.statusReason });
    });
  });

  describe('list', () => {
    const insertMany = async (count: number, given: Partial<Tenant> = {}): Promise<Tenant[]> => {
      const inserted: Tenant[] = [];
      for (let at = 0; at < count; at += 1) inserted.push(await store.insert(tenant(given)));
      return inserted;
    };
    const idsOf = (tenants: readonly Tenant[]): string[] => tenants.map(({ id }) => id);
    const walk = async (page: TenantPage, between = async (): Promise<void> => {}): Promise<Tenant[]> => {
      const seen: Tenant[] = [];
      for (;;) {
        const after = seen.at(-1);
        const found = await store.list({ ...page, ...(after && { after }) });
        if (found.length === 0) return seen;
        seen.push(...found);
        await between();
      }
    };

    it('is newest first, at most as many as asked for', async () => {
      const inserted = await insertMany(5);
      expect(idsOf(await store.list({ limit: 3 }))).toEqual(idsOf(inserted).reverse().slice(0, 3));
      expect(await store.list({ limit: 10 })).toEqual([...inserted].reverse());
    });

    it.each([1, 2, 7])(
      'in pages of %d gives each once, also those created in the same instant',
      async (limit) => {
        const instant = new Date(START);
        const inserted = [...(await insertMany(6, { createdAt: instant })), ...(await insertMany(3))];
        const seen = idsOf(await walk({ limit }));
        expect(seen).toHaveLength(inserted.length);
        expect(seen).toEqual(idsOf(await store.list({ limit: 100 })));
        expect(seen.slice(3)).toEqual(idsOf(inserted.slice(0, 6)).sort().reverse());
      },
    );

    it('keeps its place when tenants are created and changed meanwhile', async () => {
      const inserted = await insertMany(6);
      const [oldest] = inserted as [Tenant];
      const seen = await walk({ limit: 2 }, async () => {
        await store.insert(tenant());
        await store.update(oldest.id, { name: 'Renamed' }, ANY);
      });
      expect(idsOf(seen)).toEqual(idsOf(inserted).reverse());
    });

    it('holds one status when asked to', async () => {
      await insertMany(2);
      const suspended = await insertMany(3, { status: 'suspended' });
      await insertMany(1);
      expect(idsOf(await walk({ limit: 2, status: 'suspended' }))).toEqual(idsOf(suspended).reverse());
      expect(await store.list({ limit: 10, status: 'trial' })).toEqual([]);
    });
  });
}
