import type { TenantContext } from '../context/tenant-context.js';
import { ConfigurationError } from '../errors/isolation.errors.js';
import type { OnStoreError, RateLimit } from './rate-limit.js';
import type { CountedPolicy, RateLimitAlgorithm } from './rate-limit.store.js';

const MAX_UNITS = 1_000_000_000;
const MAX_WINDOW_SECONDS = 31 * 24 * 60 * 60;
const ALGORITHMS: readonly RateLimitAlgorithm[] = ['sliding-window', 'fixed-window', 'token-bucket'];
const ON_STORE_ERROR: readonly OnStoreError[] = ['local', 'open', 'closed'];

/** Policies made for values of one limit: plans have few. */
const KEPT_POLICIES = 32;

const compiled = new WeakMap<RateLimit, CompiledRateLimit>();

/** @throws ConfigurationError for a limit that cannot be. */
export function compileRateLimit(limit: RateLimit): CompiledRateLimit {
  let known = compiled.get(limit);
  if (!known) compiled.set(limit, (known = new CompiledRateLimit(limit)));
  return known;
}

/** A limit that was looked over once, and what a store counts for each value it has. */
export class CompiledRateLimit {
  readonly resource: string;
  readonly cost: number;
  readonly by: 'tenant' | 'address';
  readonly onStoreError: OnStoreError;
  readonly isShadow: boolean;
  readonly windowSeconds: number;
  readonly #policies = new Map<number, CountedPolicy>();

  constructor(private readonly given: RateLimit) {
    const problems = problemsOf(given);
    if (problems.length > 0) {
      throw new ConfigurationError(
        `The rate limit of "${given.resource}" cannot be: ${problems.join('; ')}.`,
      );
    }
    this.resource = given.resource;
    this.cost = given.cost ?? 1;
    this.by = given.by ?? 'tenant';
    this.onStoreError = given.onStoreError ?? 'local';
    this.isShadow = given.enforcement === 'shadow';
    this.windowSeconds = given.window;
  }

  /** The limit of the plan it goes by, if it does. */
  get planLimit(): string | undefined {
    return typeof this.given.limit === 'string' ? this.given.limit : undefined;
  }

  /** Whether it is another limit for each tenant, so that a call without one has none. */
  get goesByTenant(): boolean {
    const { limit } = this.given;
    return typeof limit === 'string' || typeof limit === 'function';
  }

  /** What to count for this tenant, or for a call that has none; undefined when it is not limited. */
  policyFor(tenant: TenantContext | undefined): CountedPolicy | undefined {
    const limit = this.#limitFor(tenant);
    if (limit === null) return undefined;
    let policy = this.#policies.get(limit);
    if (!policy) {
      if (!isCount(limit))
        throw new ConfigurationError(
          `The rate limit of "${this.resource}" is ${String(limit)} for this tenant: it takes a whole number from 0, or null.`,
        );
      if (this.#policies.size >= KEPT_POLICIES) this.#policies.clear();
      this.#policies.set(limit, (policy = this.#policyOf(limit)));
    }
    return policy;
  }

  #policyOf(limit: number): CountedPolicy {
    const { resource, window, algorithm = 'sliding-window', burst = limit } = this.given;
    return {
      // On trial it is counted by itself: it must not use up what it is compared with.
      name: this.isShadow ? `trial:${resource}` : resource,
      algorithm,
      limit,
      windowMs: window * 1_000,
      burst: algorithm === 'token-bucket' ? burst : limit,
    };
  }

  #limitFor(tenant: TenantContext | undefined): number | null {
    const { limit, resource } = this.given;
    if (limit === null || typeof limit === 'number') return limit;
    if (!tenant) {
      throw new ConfigurationError(
        `The rate limit of "${resource}" goes by the tenant, and this call has none. Give routes without a tenant a limit ` +
          'that is a number.',
      );
    }
    // A limit nobody knows is a limit of none.
    return typeof limit === 'string'
      ? tenant.limits[limit] === undefined
        ? 0
        : tenant.limits[limit]
      : limit(tenant);
  }
}

function problemsOf({
  resource,
  limit,
  window,
  cost = 1,
  algorithm = 'sliding-window',
  burst,
  by = 'tenant',
  onStoreError = 'local',
  enforcement = 'hard',
}: RateLimit): string[] {
  const problems: string[] = [];
  const must = (holds: boolean, problem: string): void => {
    if (!holds) problems.push(problem);
  };
  must(
    typeof resource === 'string' && /^[\x21-\x7e]{1,100}$/.test(resource),
    '`resource` takes 1 to 100 printable ASCII characters without spaces',
  );
  must(
    limit === null ||
      typeof limit === 'function' ||
      (typeof limit === 'string' ? limit !== '' : isCount(limit)),
    `\`limit\` takes a whole number from 0 to ${MAX_UNITS}, null, the name of a limit of the plan, or a function`,
  );
  must(
    Number.isSafeInteger(window) && window >= 1 && window <= MAX_WINDOW_SECONDS,
    `\`window\` takes whole seconds from 1 to ${MAX_WINDOW_SECONDS}`,
  );
  must(isCount(cost), `\`cost\` takes a whole number from 0 to ${MAX_UNITS}`);
  must(ALGORITHMS.includes(algorithm), `\`algorithm\` is one of ${ALGORITHMS.join(', ')}`);
  must(burst === undefined || isCount(burst), `\`burst\` takes a whole number from 0 to ${MAX_UNITS}`);
  must(burst === undefined || algorithm === 'token-bucket', '`burst` is of `token-bucket` only');
  must(['tenant', 'address'].includes(by), '`by` is tenant or address');
  must(ON_STORE_ERROR.includes(onStoreError), `\`onStoreError\` is one of ${ON_STORE_ERROR.join(', ')}`);
  must(['hard', 'shadow'].includes(enforcement), '`enforcement` is hard or shadow');
  return problems;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= MAX_UNITS;
}
