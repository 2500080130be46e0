import type { CountedPolicy, RateLimitRequest } from '../rate-limit.store.js';

/** Who asks builds a policy once and asks with it many times. */
const written = new WeakMap<CountedPolicy, string>();

/** The same for calls that a store cannot tell apart. Names and subjects hold no line breaks. */
export function signatureOf(subject: string, requests: readonly RateLimitRequest[]): string {
  let signature = subject;
  for (const { policy, cost } of requests) signature += `\n${cost} ${writtenPolicy(policy)}`;
  return signature;
}

function writtenPolicy(policy: CountedPolicy): string {
  const known = written.get(policy);
  if (known !== undefined) return known;
  const { name, algorithm, limit, windowMs, burst } = policy;
  const text = `${algorithm} ${limit} ${windowMs} ${burst} ${name}`;
  written.set(policy, text);
  return text;
}
