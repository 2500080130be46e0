import { createPolicy, dropPolicy, type Policy } from '../../isolation/migrations/policies.js';
import type { StoredPolicy, TableState } from './table-state.js';

const GENERATED = /^(tenant_app|tenant_shared|platform_reader|platform_writer)_[0-9a-f]{8}$/;

export interface PolicyDifference {
  readonly create: readonly string[];
  readonly drop: readonly string[];
  /** Written by somebody; permissive ones only, since a restrictive one can only hide rows. */
  readonly foreign: readonly string[];
}

/** How the policies of a table differ from the generated ones, whose meanings are given. */
export function policyDifference(
  name: string,
  { policies }: TableState,
  expected: ReadonlyMap<Policy, string>,
): PolicyDifference {
  const create: string[] = [];
  for (const [policy, meaning] of expected) {
    const stored = policies.find((candidate) => candidate.name === policy.name);
    if (stored && means(stored, policy, meaning)) continue;
    // In one transaction under the table's lock, so nobody meets it without.
    create.push(...(stored ? [dropPolicy(name, stored.name)] : []), createPolicy(name, policy));
  }
  const names = new Set([...expected.keys()].map((policy) => policy.name));
  const others = policies.filter((stored) => !names.has(stored.name));
  return {
    create,
    drop: others
      .filter((stored) => GENERATED.test(stored.name))
      .map((stored) => dropPolicy(name, stored.name)),
    foreign: others
      .filter((stored) => !GENERATED.test(stored.name) && stored.permissive)
      .map((stored) => stored.name),
  };
}

function means(stored: StoredPolicy, { role, command }: Policy, meaning: string): boolean {
  return (
    stored.permissive &&
    stored.roles.length === 1 &&
    stored.roles[0] === role &&
    stored.command === command &&
    stored.sees === meaning &&
    stored.writes === meaning
  );
}
