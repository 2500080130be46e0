import { rateLimitStoreContract } from '@parallax/tenant/testing';
import { OwnPostgres } from '../../../support/own-postgres.js';
import { systemPostgres } from '../../../support/system-postgres.js';
import { PostgresRateLimitFixture } from './postgres-rate-limit.fixture.js';

describe('Rate limits in PostgreSQL', () => {
  let fixture: PostgresRateLimitFixture;
  beforeAll(async () => {
    fixture = await PostgresRateLimitFixture.open();
  });
  afterAll(() => fixture.close());

  for (const { name, run } of rateLimitStoreContract) it(name, () => run(fixture));
});

const system = systemPostgres();

(system ? describe : describe.skip)('Rate limits in the oldest PostgreSQL that is supported', () => {
  let server: OwnPostgres;
  let fixture: PostgresRateLimitFixture;
  beforeAll(async () => {
    server = await OwnPostgres.start({}, system!.programs);
    fixture = await PostgresRateLimitFixture.open(server.adminUrl());
  });
  afterAll(async () => {
    await fixture.close();
    await server.remove();
  });

  for (const { name, run } of rateLimitStoreContract) it(name, () => run(fixture));
});
