import { createInterface } from 'node:readline';
import { QuotaExceededError } from '../../../../src/tenant/errors/quota.errors.js';
import { openQuotas } from './measured-plan.js';

export type FloodManner = 'consume' | 'mixed';

/** How many calls ended in which way, and how many statements they took. */
export interface FloodResult {
  admitted: number;
  refused: number;
  statements: number;
}

const CALLERS = 50;
const CALLS_EACH = 50;

/** Callers who all want the counter they are told of. */
async function main([url = '']: string[]): Promise<void> {
  const { control, store, quotas } = await openQuotas(url);
  let statements = 0;
  const apply = store.apply.bind(store);
  store.apply = (counter, calls) => {
    statements += 1;
    return apply(counter, calls);
  };

  const take = async (tenantId: string, isReserved: boolean): Promise<void> => {
    if (!isReserved) return void (await quotas.consumeQuota('maxRuns', 1, { tenantId }));
    const reservation = await quotas.reserveQuota('maxRuns', 1, { tenantId, inFlight: true });
    await reservation.commit();
  };

  const flood = async (tenantId: string, manner: FloodManner): Promise<FloodResult> => {
    const result: FloodResult = { admitted: 0, refused: 0, statements: -statements };
    await Promise.all(
      Array.from({ length: CALLERS }, async (_, caller) => {
        for (let call = 0; call < CALLS_EACH; call += 1) {
          try {
            await take(tenantId, manner === 'mixed' && (caller + call) % 2 === 0);
            result.admitted += 1;
          } catch (error) {
            if (!(error instanceof QuotaExceededError)) throw error;
            result.refused += 1;
          }
        }
      }),
    );
    result.statements += statements;
    return result;
  };

  process.stdout.write('ready\n');
  for await (const line of createInterface(process.stdin)) {
    const [tenantId = '', manner] = line.split(' ');
    process.stdout.write(`${JSON.stringify(await flood(tenantId, manner as FloodManner))}\n`);
  }
  await control.destroy();
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
