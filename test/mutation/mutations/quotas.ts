import { type Mutation, inTemplate } from '../mutation.js';

const MIGRATIONS = 'src/tenant/quotas/migrations';
const APPLY = `${MIGRATIONS}/quota-apply.function.ts`;
const RESOLVE = `${MIGRATIONS}/quota-resolve.function.ts`;
const TERMS = `${MIGRATIONS}/quota-terms.functions.ts`;
const QUEUE = 'src/tenant/quotas/counter-queue.ts';
const quotas = (name: string): string => `test/integration/quotas/${name}.integration-spec.ts`;

/** What keeps a quota exact. */
export const quotaMutations: readonly Mutation[] = [
  {
    id: 'quota-ceiling',
    protects: 'the limit from a batch that fits only in part',
    edit: {
      file: APPLY,
      find: 'AND (ceiling IS NULL OR taken_before + total <= ceiling) THEN',
      replace: 'THEN',
    },
    suites: [quotas('consuming')],
    quick: true,
  },
  {
    id: 'quota-ceiling-each',
    protects: 'the limit from one call of a batch',
    edit: {
      file: APPLY,
      find: '        IF ceiling IS NULL OR counter.used + counter.reserved + units <= ceiling THEN',
      replace: '        IF true THEN',
    },
    suites: [quotas('contract'), quotas('exactness')],
  },
  {
    id: 'quota-lock',
    protects: 'the limit from two processes at once',
    edit: {
      file: APPLY,
      find: '    FOR NO KEY UPDATE;\n  IF NOT FOUND THEN',
      replace: '    ;\n  IF NOT FOUND THEN',
    },
    suites: [quotas('exactness')],
  },
  {
    id: 'quota-key',
    protects: 'a keyed call from counting twice',
    edit: {
      file: APPLY,
      find: '        IF FOUND THEN\n          outcomes[position] := CASE',
      replace: '        IF false THEN\n          outcomes[position] := CASE',
    },
    suites: [quotas('consuming')],
  },
  {
    id: 'quota-key-payload',
    protects: 'a key from another call',
    edit: {
      file: APPLY,
      find: "WHEN known.call = concat_ws(' ', asked ->> 'op', p_resource, units)",
      replace: 'WHEN true',
    },
    suites: [quotas('consuming')],
  },
  {
    id: 'quota-suspended',
    protects: 'against use by a suspended tenant',
    edit: {
      file: APPLY,
      find: "takes > 0 AND held.status = 'suspended'",
      replace: 'false',
    },
    suites: [quotas('consuming')],
  },
  {
    id: 'quota-due',
    protects: 'room from reservations whose time is over',
    edit: {
      file: APPLY,
      find: '  IF takes = 0 OR counter.reserved > 0 OR keys IS NOT NULL THEN',
      replace: '  IF takes = 0 THEN',
    },
    suites: [quotas('reserving')],
  },
  {
    id: 'quota-refund-cap',
    protects: 'against work for nothing by making it fail',
    edit: {
      file: RESOLVE,
      find: 'ELSIF p_allowed IS NULL OR refunded + held.amount <= cap THEN',
      replace: 'ELSIF true THEN',
    },
    suites: [quotas('reserving')],
  },
  {
    id: 'quota-in-flight',
    protects: 'the charge for work whose process died',
    edit: {
      file: RESOLVE,
      find: "charge := CASE held.state WHEN 'in_flight' THEN held.amount ELSE 0 END;",
      replace: 'charge := 0;',
    },
    suites: [quotas('reserving')],
  },
  {
    id: 'quota-resolved-once',
    protects: 'a resolved reservation from the next who resolves it',
    edit: {
      file: RESOLVE,
      find: " AND r.state IN ('reserved', 'in_flight')\n    ORDER BY",
      replace: '\n    ORDER BY',
    },
    suites: [quotas('reserving')],
  },
  {
    id: 'quota-period',
    protects: 'the last day of a period from counting for the next',
    edit: {
      file: TERMS,
      find: '     IF first + make_interval(months => k) > now THEN',
      replace: '     IF false THEN',
    },
    suites: [quotas('model-periods')],
  },
  {
    id: 'quota-scheduled-plan',
    protects: 'a scheduled plan from a sweep that is late',
    edit: {
      file: TERMS,
      find: 'CASE WHEN t.scheduled_at <= p_moment THEN t.scheduled_plan ELSE t.plan END',
      replace: 't.plan',
    },
    suites: [quotas('consuming')],
  },
  {
    id: 'quota-unknown-limit',
    protects: 'a limit that nobody granted',
    edit: {
      file: TERMS,
      find: '         ELSE 0\n       END,',
      replace: '         ELSE NULL\n       END,',
    },
    suites: [quotas('contract'), quotas('allocation-terms')],
  },
  {
    id: 'quota-alert-once',
    protects: 'against a second alert of one crossing',
    edit: [
      { file: TERMS, find: 'WHERE NOT EXISTS (', replace: 'WHERE true OR NOT EXISTS (' },
      {
        file: 'src/tenant/alerts/migrations/activity-alerts.ts',
        find: 'CREATE UNIQUE INDEX tenant_alerts_key',
        replace: 'CREATE INDEX tenant_alerts_key',
      },
    ],
    suites: [quotas('exactness')],
  },
  {
    id: 'quota-out-of-reach',
    protects: 'counters from tenants',
    edit: inTemplate('GRANT UPDATE ON tenant_usage TO test_tenant_app'),
    suites: [quotas('allocation-reach')],
  },
  {
    id: 'allocation-ceiling',
    protects: 'a limit of rows',
    edit: {
      file: `${MIGRATIONS}/allocation.function.ts`,
      find: '  IF counter.used + added > ceiling THEN',
      replace: '  IF false THEN',
    },
    suites: ['test/integration/isolation/allocation-limits.integration-spec.ts'],
    quick: true,
  },
  {
    id: 'queue-one-statement',
    protects: 'the pool from one hot tenant',
    edit: {
      file: QUEUE,
      find: 'while (lane.waiting.length > 0) await this.#send(',
      replace: 'while (lane.waiting.length > 0) void this.#send(',
    },
    suites: ['src/tenant/quotas/counter-queue.spec.ts'],
  },
  {
    id: 'queue-twins',
    protects: 'one batch from two calls with one key',
    edit: {
      file: QUEUE,
      find: 'if (names.some((name) => named.has(name))) break;',
      replace: '',
    },
    suites: ['src/tenant/quotas/counter-queue.spec.ts'],
  },
  {
    id: 'quota-other-tenant',
    protects: "another tenant's quota from the scope's code",
    edit: {
      file: 'src/tenant/quotas/quota-input.ts',
      find: 'named !== undefined && named !== scoped',
      replace: 'named !== undefined && named === undefined',
    },
    suites: ['src/tenant/quotas/quota-input.spec.ts'],
  },
  {
    id: 'queue-bound',
    protects: 'the memory of a process from callers of one counter',
    edit: {
      file: QUEUE,
      find: 'if (lane.waiting.length >= MAX_WAITING) {',
      replace: 'if (lane.waiting.length > Infinity) {',
    },
    suites: ['src/tenant/quotas/counter-queue.spec.ts'],
  },
  {
    id: 'quota-ledger-of-reservations',
    protects: 'the record of what reservations were charged',
    edit: { file: RESOLVE, find: 'WHERE v.charge > 0;', replace: 'WHERE v.charge > 1;' },
    suites: [quotas('reserving'), quotas('crash')],
  },
  {
    id: 'quota-limits-changed',
    protects: 'the alert of a limit that was lowered under what is used',
    edit: {
      file: `${MIGRATIONS}/create-quotas.ts`,
      find: '  await queryRunner.query(limitsChangedTrigger);\n',
      replace: '',
    },
    suites: [quotas('quota-manager')],
  },
  {
    id: 'quota-terms-under-lock',
    protects: 'what was decided about a tenant from a call that waited',
    edit: {
      file: APPLY,
      find: "  IF takes > 0 AND held.status IN ('suspended', 'deleted') THEN",
      replace: '  IF false THEN',
    },
    suites: [quotas('consuming')],
  },
  {
    id: 'quota-limits-lock',
    protects: 'the alert of a lowered limit from a call under way',
    edit: {
      file: `${MIGRATIONS}/limits-changed.function.ts`,
      find: '    ORDER BY u.resource COLLATE "C", u.period_start FOR NO KEY UPDATE;',
      replace: '    ORDER BY u.resource COLLATE "C", u.period_start;',
    },
    suites: [quotas('quota-manager')],
  },
  {
    id: 'queue-company',
    protects: 'who resolves from who takes in the same batch',
    edit: {
      file: QUEUE,
      find: 'isTenantRefusal(error) ? batch.filter(({ call }) => !isTaking(call)) : []',
      replace:
        'isTenantRefusal(error) && isTenantRefusal(0) ? batch.filter(({ call }) => !isTaking(call)) : []',
    },
    suites: ['src/tenant/quotas/counter-queue.spec.ts'],
  },
  {
    id: 'quota-sweep-each',
    protects: 'the sweep from a counter that cannot be resolved',
    edit: {
      file: 'src/tenant/quotas/postgres-quota.store.ts',
      find: '    if (expired === 0 && failure !== undefined) throw failure as Error;',
      replace: '    if (failure !== undefined) throw failure as Error;',
    },
    suites: [quotas('reserving')],
  },
  {
    id: 'quota-released',
    protects: 'against work under a reservation that was given back',
    edit: {
      file: 'src/tenant/quotas/quota-reservation.ts',
      find: "    if (reservation.state === 'released') {",
      replace: '    if (reservation.charged < 0) {',
    },
    suites: [quotas('reserving')],
  },
  {
    id: 'quota-together-unknown',
    protects: 'a caller from charging twice because nobody could tell',
    edit: {
      file: 'src/tenant/quotas/postgres-quota.store.ts',
      find: '      throw new ConnectionLostError(',
      replace: '      throw new UnavailableError(',
    },
    suites: [quotas('quota-manager')],
  },
];
