import { quotaStoreContract } from '@parallax/tenant/testing';
import { InMemoryQuotaStore } from '../../../src/tenant/quotas/in-memory-quota.store.js';
import { PostgresQuotaStore } from '../../../src/tenant/quotas/postgres-quota.store.js';
import { MemoryQuotaFixture } from './contract/memory.fixture.js';
import { PostgresQuotaFixture } from './contract/postgres.fixture.js';

describe(InMemoryQuotaStore.name, () => {
  for (const { name, run } of quotaStoreContract) it(name, async () => run(new MemoryQuotaFixture()));
});

describe(PostgresQuotaStore.name, () => {
  let fixture: PostgresQuotaFixture;
  beforeAll(async () => {
    fixture = await PostgresQuotaFixture.open();
  });
  afterAll(() => fixture.close());

  for (const { name, run } of quotaStoreContract) it(name, async () => run(await fixture.empty()));

  it('made no two calls wait for each other, in any of it', async () => {
    expect(await fixture.deadlocks()).toBe(0);
  });
});
