import type { Mutation } from '../mutation.js';

const ACTIVITY = 'src/tenant/alerts/activity';
const WRITE = `${ACTIVITY}/write-activity-alerts.ts`;
const recorded = 'test/integration/alerts/activity-alerts.integration-spec.ts';
const suspicious = 'test/integration/alerts/suspicious-activity.integration-spec.ts';
const watched = `${ACTIVITY}/suspicious-activity.spec.ts`;

/** What keeps alerts of what tenants do few, and their counts right. */
export const alertMutations: readonly Mutation[] = [
  {
    id: 'alert-limit-changed',
    protects: 'against a second alert when a rate limit is changed',
    edit: {
      file: 'src/tenant/alerts/alert-key.ts',
      find: "(CASE WHEN rule IN ('rate_limit_exceeded', 'suspicious_activity') THEN 0 ELSE limit_value END)",
      replace: 'limit_value',
    },
    suites: [recorded],
  },
  {
    id: 'alert-counts-add-up',
    protects: 'the calls that other processes refused',
    edit: { file: WRITE, find: 'SET used = a.used + excluded.used', replace: 'SET used = excluded.used' },
    suites: [recorded],
  },
  {
    id: 'alert-order',
    protects: 'processes that write at once from a deadlock',
    edit: {
      file: WRITE,
      find: '     ORDER BY n.tenant_id, n.rule, n.resource COLLATE "C", n.period_start\n',
      replace: '',
    },
    suites: [recorded],
  },
  {
    id: 'alert-kept',
    protects: 'refused calls from a control plane that is away',
    edit: {
      file: `${ACTIVITY}/activity-alerts.ts`,
      find: '    const pending = [...this.#pending];\n',
      replace: '    const pending = [...this.#pending];\n    this.#pending.clear();\n',
    },
    suites: [recorded],
  },
  {
    id: 'alert-bound',
    protects: 'the memory of a process from alerts that cannot be written',
    edit: {
      file: `${ACTIVITY}/activity-alerts.ts`,
      find: 'else if (this.#pending.size < MOST_PENDING)',
      replace: 'else if (this.#pending.size < Infinity)',
    },
    suites: [recorded],
  },
  {
    id: 'alert-poison',
    protects: 'alerts of all tenants from one that cannot be written',
    edit: {
      file: `${ACTIVITY}/activity-alerts.ts`,
      find: '  return isCanonicalTenantId(tenantId) && Number.isSafeInteger(limit)',
      replace: '  return isCanonicalTenantId(tenantId) || Number.isSafeInteger(limit)',
    },
    suites: [recorded],
  },
  {
    id: 'alert-suspicious-once',
    protects: 'what an alert of suspicious activity was raised for',
    edit: {
      file: WRITE,
      find: "WHERE excluded.rule = 'rate_limit_exceeded'`",
      replace: 'WHERE true`',
    },
    suites: [suspicious],
  },
  {
    id: 'alert-cool-down',
    protects: 'operators from an alert for each call of an attack',
    edit: {
      file: `${ACTIVITY}/activity-watch.ts`,
      find: ' || watched.toldIn === coolDown) return',
      replace: ') return',
    },
    suites: [watched],
  },
  {
    id: 'alert-forged-tenant',
    protects: 'against failed credentials that each name another tenant',
    edit: {
      file: `${ACTIVITY}/suspicious-activity.ts`,
      find: " || rule === 'failed_credentials'))",
      replace: '))',
    },
    suites: [watched],
  },
];
