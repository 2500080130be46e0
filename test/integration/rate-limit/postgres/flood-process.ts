import { createInterface } from 'node:readline';
import { DataSource } from 'typeorm';
// Not from the barrel: a process of its own would load all of the library.
import { PostgresRateLimitStore } from '../../../../src/tenant/rate-limit/postgres-rate-limit.store.js';
import type {
  CountedPolicy,
  RateLimitAlgorithm,
} from '../../../../src/tenant/rate-limit/rate-limit.store.js';

const CALLERS = 50;
const CALLS_EACH = 4;

const perMonth = (algorithm: RateLimitAlgorithm, name: string, limit: number): CountedPolicy => ({
  name,
  algorithm,
  limit,
  burst: limit,
  windowMs: 31 * 24 * 3_600_000, // nothing comes back meanwhile
});

/** Callers who all want units of the subject they are told of, two policies at once. Answers how many were admitted. */
async function main([url = '']: string[]): Promise<void> {
  const control = await new DataSource({
    type: 'postgres',
    url,
    poolSize: 5,
    installExtensions: false,
  }).initialize();
  const store = new PostgresRateLimitStore(control);
  process.stdout.write('ready\n');
  for await (const line of createInterface(process.stdin)) {
    const [subject = '', algorithm] = line.split(' ');
    const requests = [
      { policy: perMonth(algorithm as RateLimitAlgorithm, 'requests', 200), cost: 1 },
      { policy: perMonth(algorithm as RateLimitAlgorithm, 'units', 1_000), cost: 2 },
    ];
    const admitted = await Promise.all(
      Array.from({ length: CALLERS }, async (_, caller) => {
        const inOrder = caller % 2 === 0 ? requests : [...requests].reverse();
        let granted = 0;
        for (let call = 0; call < CALLS_EACH; call += 1) {
          const answer = await store.take(subject, inOrder);
          granted += answer.granted;
        }
        return granted;
      }),
    );
    process.stdout.write(`${admitted.reduce((total, each) => total + each)}\n`);
  }
  await control.destroy();
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
