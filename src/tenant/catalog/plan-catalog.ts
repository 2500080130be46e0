import { definePlans } from './define-plans.js';

const GIGABYTE = 1_000_000_000;
const STARTER = ['customPatterns', 'auditLogs', 'dataExport'] as const;
const PROFESSIONAL = [...STARTER, 'advancedAnalytics', 'sso', 'prioritySupport'] as const;

/**
 * The plans used when an application declares none of its own. Prices per month, sizes in bytes.
 *
 * @example
 * PLAN_CATALOG.plans.starter.limits.maxAgents; // 10
 */
export const PLAN_CATALOG = definePlans({
  limits: ['maxAgents', 'maxExecutions', 'maxExecutionsPerMinute', 'maxStorageBytes', 'retentionDays'],
  kinds: {
    maxAgents: 'allocation',
    maxExecutions: 'consumption',
    maxExecutionsPerMinute: 'rate',
    maxStorageBytes: 'allocation',
  },
  features: [...PROFESSIONAL, 'dedicatedSupport', 'customIntegrations', 'sla'],
  plans: {
    free: {
      version: 1,
      priceCents: 0,
      limits: {
        maxAgents: 3,
        maxExecutions: 1_000,
        maxExecutionsPerMinute: 10,
        maxStorageBytes: GIGABYTE,
        retentionDays: 7,
      },
      features: [],
    },
    starter: {
      version: 1,
      priceCents: 99_00,
      limits: {
        maxAgents: 10,
        maxExecutions: 10_000,
        maxExecutionsPerMinute: 50,
        maxStorageBytes: 10 * GIGABYTE,
        retentionDays: 30,
      },
      features: [...STARTER],
    },
    professional: {
      version: 1,
      priceCents: 499_00,
      limits: {
        maxAgents: 50,
        maxExecutions: 100_000,
        maxExecutionsPerMinute: 200,
        maxStorageBytes: 100 * GIGABYTE,
        retentionDays: 90,
      },
      features: [...PROFESSIONAL],
    },
    enterprise: {
      version: 1,
      priceCents: null,
      limits: {
        maxAgents: null,
        maxExecutions: null,
        maxExecutionsPerMinute: null,
        maxStorageBytes: null,
        retentionDays: 365,
      },
      features: [...PROFESSIONAL, 'dedicatedSupport', 'customIntegrations', 'sla'],
    },
  },
});

/** A plan's name. The built-in ones are suggested; an application's own are as good. */
export type TenantPlan = keyof (typeof PLAN_CATALOG)['plans'] | (string & {});
