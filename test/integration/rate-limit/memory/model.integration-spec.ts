import { InMemoryRateLimitStore } from '../../../../src/tenant/rate-limit/in-memory-rate-limit.store.js';
import { rateLimitModel } from '../model/rate-limit-model.js';
import { MemoryRateLimitFixture } from './memory-rate-limit.fixture.js';

describe(InMemoryRateLimitStore.name, () => {
  rateLimitModel(() => Promise.resolve(new MemoryRateLimitFixture()), { runs: 1_000 });
});
