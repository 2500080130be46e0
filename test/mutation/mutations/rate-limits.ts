import type { Mutation } from '../mutation.js';

const FOLDER = 'src/tenant/rate-limit';
const http = 'test/integration/rate-limit/http.integration-spec.ts';
const quotas = 'test/integration/rate-limit/quotas.integration-spec.ts';
const throttler = 'test/integration/rate-limit/throttler.integration-spec.ts';

/** What calls are held to before they reach their handler, whoever counts it. */
export const rateLimitMutations: readonly Mutation[] = [
  {
    id: 'rate-limit-once',
    protects: 'a call from being counted by each interceptor round it',
    edit: { file: `${FOLDER}/rate-limit.interceptor.ts`, find: '    seen.add(context);\n', replace: '' },
    suites: [http],
  },
  {
    id: 'rate-limit-path',
    protects: 'the limit of a path from other spellings of it',
    edit: {
      file: `${FOLDER}/rate-limits-of-call.ts`,
      find: 'request.routeOptions?.url ?? request.route?.path',
      replace: 'request.url',
    },
    suites: [http],
  },
  {
    id: 'rate-limit-subject',
    protects: 'one tenant from the calls of another',
    edit: {
      file: `${FOLDER}/rate-limit-subject.ts`,
      find: 'if (scope?.tenant) return scope.tenant.tenantId;',
      replace: '',
    },
    suites: [http],
    quick: true,
  },
  {
    id: 'rate-limit-slot',
    protects: 'the slot of a call whose handler failed',
    edit: {
      file: `${FOLDER}/rate-limit.interceptor.ts`,
      find: 'answer.pipe(finalize(leave))',
      replace: 'answer.pipe(tap({ complete: leave }))',
    },
    suites: [http],
  },
  {
    id: 'rate-limit-zero',
    protects: 'a limit of kind rate that nobody knows from being none at all',
    edit: {
      file: `${FOLDER}/compiled-rate-limit.ts`,
      find: 'if (limit === null) return undefined;',
      replace: 'if (!limit) return undefined;',
    },
    suites: [throttler],
  },
  {
    id: 'rate-quota-tenant',
    protects: 'rates from tenants that may not act',
    edit: { file: `${FOLDER}/plan-rate-quotas.ts`, find: '    assertMayAct(tenant);\n', replace: '' },
    suites: [quotas],
  },
  {
    id: 'throttler-own-limit',
    protects: 'a route with a limit of its own from what others used',
    edit: {
      file: `${FOLDER}/throttler-policies.ts`,
      find: 'const isOwn = ownLimit !== undefined || ownTtl !== undefined;',
      replace: 'const isOwn = false;',
    },
    suites: [throttler],
  },
];
