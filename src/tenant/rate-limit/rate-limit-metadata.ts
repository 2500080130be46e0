/** Where `@RateLimit` keeps its limits. */
export const RATE_LIMITS = 'parallax:rate-limits';
