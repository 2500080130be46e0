import type { CountedPolicy } from '../../../../src/tenant/rate-limit/rate-limit.store.js';

interface Admitted {
  readonly subject: string;
  readonly policy: CountedPolicy;
  readonly units: number;
  readonly at: number;
}

/** Every unit a store let through since the clock was last set back, held to what a sliding window promises. */
export class AdmittedUnits {
  #log: Admitted[] = [];

  add(subject: string, policy: CountedPolicy, units: number, at: number): void {
    if (units === 0) return;
    this.#log.push({ subject, policy, units, at });
    if (policy.algorithm !== 'sliding-window') return;
    const inWindow = this.#log
      .filter((each) => isSame(each, subject, policy) && each.at > at - policy.windowMs)
      .reduce((total, each) => total + each.units, 0);
    expect(inWindow).toBeLessThanOrEqual(policy.limit);
  }

  forget(subject: string, policy: CountedPolicy): void {
    this.#log = this.#log.filter((each) => !isSame(each, subject, policy));
  }

  forgetAll(): void {
    this.#log = [];
  }
}

function isSame(each: Admitted, subject: string, { name, algorithm, windowMs }: CountedPolicy): boolean {
  const { policy } = each;
  return (
    each.subject === subject &&
    policy.name === name &&
    policy.algorithm === algorithm &&
    policy.windowMs === windowMs
  );
}
