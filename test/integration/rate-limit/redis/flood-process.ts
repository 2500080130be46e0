import { createInterface } from 'node:readline';
// Not from the barrel: a process of its own would load all of the library.
import { CoalescingRateLimitStore } from '../../../../src/tenant/rate-limit/coalescing-rate-limit.store.js';
import type { RateLimitAlgorithm } from '../../../../src/tenant/rate-limit/rate-limit.store.js';
import { RedisRateLimitStore } from '../../../../src/tenant/rate-limit/redis-rate-limit.store.js';
import { RateLimitStoreGate } from '../../../../src/tenant/rate-limit/store-gate.js';
import { connect, UNHURRIED, unhurried } from './redis-rate-limit.fixture.js';

const CALLERS = 50;
const CALLS_EACH = 8;

/** Callers who all want 200 a minute of the subject they are told of, as a RateLimiter asks for it. */
async function main([port]: string[]): Promise<void> {
  const redis = await connect(Number(port), UNHURRIED);
  const store = new RedisRateLimitStore(unhurried(redis));
  const gate = new RateLimitStoreGate(new CoalescingRateLimitStore(store), { timeoutMs: 1_000 });

  process.stdout.write('ready\n');
  for await (const line of createInterface(process.stdin)) {
    const [subject = '', algorithm] = line.split(' ');
    const policy = {
      name: 'requests',
      algorithm: algorithm as RateLimitAlgorithm,
      limit: 200,
      burst: 200,
      windowMs: 31 * 24 * 3_600_000, // nothing comes back meanwhile
    };
    const admitted = await Promise.all(
      Array.from({ length: CALLERS }, async () => {
        let granted = 0;
        for (let call = 0; call < CALLS_EACH; call += 1) {
          const answer = await gate.decide(subject, [{ policy, cost: 1 }], 'closed');
          granted += answer.granted;
        }
        return granted;
      }),
    );
    process.stdout.write(`${admitted.reduce((total, each) => total + each)}\n`);
  }
  redis.disconnect();
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
