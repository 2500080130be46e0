import { LIVE_STATUSES, mayBecome } from './tenant-status.js';
import type { TenantStatus } from './tenant.js';

const STATUSES: readonly TenantStatus[] = ['trial', 'active', 'suspended', 'deleted'];
const LEGAL = [
  'trial → active',
  'trial → suspended',
  'trial → deleted',
  'active → suspended',
  'active → deleted',
  'suspended → trial',
  'suspended → active',
  'suspended → deleted',
];

describe(mayBecome.name, () => {
  it.each(STATUSES.flatMap((from) => STATUSES.map((next) => [from, next] as const)))(
    '%s → %s is legal only if the table says so',
    (from, next) => {
      expect(mayBecome(from, next)).toBe(LEGAL.includes(`${from} → ${next}`));
    },
  );

  it('lets every live tenant be deleted, and no deleted one come back', () => {
    expect(STATUSES.filter((status) => mayBecome(status, 'deleted'))).toEqual(LIVE_STATUSES);
    expect(STATUSES.filter((status) => mayBecome('deleted', status))).toEqual([]);
  });
});
