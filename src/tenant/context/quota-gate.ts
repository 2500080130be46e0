/** Units held for work that has begun. */
export interface HeldQuota {
  /** Charges `actual` units, at most what is held; of what runs at once that is none. @default all of it */
  commit(actual?: number): Promise<unknown>;
  /** Gives back what failed work held, as far as the plan's `refundCap` goes; beyond it, it is charged. */
  release(): Promise<unknown>;
}

/** Where `@CheckQuota` takes units from. */
export interface QuotaGate {
  /** Holds units of the running scope's tenant. @throws QuotaExceededError; nothing was taken then. */
  reserveQuota(
    resource: string,
    amount: number,
    options: { readonly inFlight: true; readonly ttlSeconds: number },
  ): Promise<HeldQuota>;
}
