import { PostgresRateLimitStore } from '../../../../src/tenant/rate-limit/postgres-rate-limit.store.js';
import { rateLimitModel } from '../model/rate-limit-model.js';
import { PostgresRateLimitFixture } from './postgres-rate-limit.fixture.js';

describe(PostgresRateLimitStore.name, () => {
  rateLimitModel(() => PostgresRateLimitFixture.open(), { runs: 60 });
});
