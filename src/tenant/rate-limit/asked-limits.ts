import type { CompiledRateLimit } from './compiled-rate-limit.js';
import type { OnStoreError } from './rate-limit.js';
import type { RateLimitRequest } from './rate-limit.store.js';

/** What one call asks of one limit. */
export interface Asked {
  readonly limit: CompiledRateLimit;
  readonly onStoreError: OnStoreError;
  readonly request: RateLimitRequest;
}

const STRICTNESS: readonly OnStoreError[] = ['open', 'local', 'closed'];

/** Together they are decided as the strictest of them asks. */
export function strictest(asked: readonly Asked[]): OnStoreError {
  return asked.reduce<OnStoreError>(
    (worst, { onStoreError }) =>
      STRICTNESS.indexOf(onStoreError) > STRICTNESS.indexOf(worst) ? onStoreError : worst,
    'open',
  );
}

/** Written twice for one call, on a controller and its route for one, a limit counts once: as the stricter says. */
export function addOnce(asked: Asked[], added: Asked): void {
  const { policy, cost } = added.request;
  const at = asked.findIndex(
    ({ request: { policy: other } }) =>
      other.name === policy.name &&
      other.windowMs === policy.windowMs &&
      other.algorithm === policy.algorithm,
  );
  const known = asked[at];
  if (!known) {
    asked.push(added);
    return;
  }
  const stricter = known.request.policy.limit <= policy.limit ? known : added;
  asked[at] = {
    ...stricter,
    onStoreError: strictest([known, added]),
    request: { policy: stricter.request.policy, cost: Math.max(known.request.cost, cost) },
  };
}
