import { rateLimitStoreContract } from '@parallax/tenant/testing';
import { RedisServer } from '../../../support/redis-server.js';
import { rateLimitModel } from '../model/rate-limit-model.js';
import { RedisRateLimitFixture } from './redis-rate-limit.fixture.js';

const describeWithRedis = RedisServer.isInstalled() ? describe : describe.skip;

describeWithRedis.each([
  ['on one server', () => RedisRateLimitFixture.onOneServer()],
  ['on three masters', () => RedisRateLimitFixture.onCluster()],
])('RedisRateLimitStore %s', (_, open) => {
  describe('keeps the contract', () => {
    let fixture: RedisRateLimitFixture;
    beforeAll(async () => {
      fixture = await open();
    });
    afterAll(() => fixture.close());

    for (const { name, run } of rateLimitStoreContract) it(name, () => run(fixture));
  });

  describe('beside the reference', () => rateLimitModel(open));
});
