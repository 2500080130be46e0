import type { QuotaDecision, QuotaStatus } from './quota-decision.js';

/** What takes limits of kind `rate`, which are held over a short window and need not outlive it. */
export interface RateQuotas {
  /** Takes units of the window, or says that it did not. @throws UnavailableError when its store is away */
  take(tenantId: string, resource: string, amount: number): Promise<QuotaDecision>;
  /** How much of the window is used. */
  peek(tenantId: string, resource: string): Promise<QuotaStatus>;
}
