const MAX_LINKS = 10;

/** A thrown value and what caused it, outermost first: through `driverError`, `cause` and `errors`. */
export function errorChain(thrown: unknown): object[] {
  const chain: object[] = [];
  const pending = [thrown];
  while (pending.length > 0 && chain.length < MAX_LINKS) {
    const link = pending.shift();
    if (typeof link !== 'object' || link === null || chain.includes(link)) continue;
    chain.push(link);
    const { driverError, cause, errors } = link as Record<string, unknown>;
    pending.push(driverError, cause, ...(Array.isArray(errors) ? (errors as unknown[]) : []));
  }
  return chain;
}
