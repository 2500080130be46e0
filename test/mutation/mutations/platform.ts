import { type Mutation, spec } from '../mutation.js';

const WORKER = 'src/tenant/isolation/platform-worker.ts';
const SIGNER = 'src/tenant/jobs/hmac-payload-signer.ts';
const work = spec('platform-work');

/** Who else may see rows of tenants, and what is checked at the start. */
export const platformMutations: readonly Mutation[] = [
  {
    id: 'platform-role',
    protects: 'rows from platform work that only reads',
    edit: {
      file: WORKER,
      find: 'write ? platformWriter : platformReader',
      replace: 'write ? platformWriter : platformReader && platformWriter',
    },
    suites: [work],
  },
  {
    id: 'platform-permission',
    protects: 'rows from who lacks the permission',
    edit: {
      file: WORKER,
      find: '  if (!permissions.includes(permission)) {',
      replace: '  if (!permission) {',
    },
    suites: [work],
  },
  {
    id: 'platform-log',
    protects: 'the log of platform access from work that fails',
    edit: {
      file: WORKER,
      find: '    await logPlatformAccess(this.dataSource, actor, work);\n',
      replace: '',
    },
    suites: [work],
  },
  {
    id: 'login-check',
    protects: 'against a login that may read by itself',
    edit: {
      file: 'src/tenant/isolation/orm/tenant-data-source.ts',
      find: '    await this.assertServingLogin();\n',
      replace: '',
    },
    suites: [spec('login-check')],
  },
  {
    id: 'signed-payload',
    protects: 'the tenant of a job from who can write to the queue',
    edit: {
      file: SIGNER,
      find: 'return given.length === expected.length && timingSafeEqual(given, expected);',
      replace: 'return given.length === expected.length || timingSafeEqual(given, expected);',
    },
    suites: ['src/tenant/jobs/hmac-payload-signer.spec.ts', 'src/tenant/jobs/tenant-payload.spec.ts'],
  },
];
