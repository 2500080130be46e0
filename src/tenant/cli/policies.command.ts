import type { DataSource } from 'typeorm';
import { setScopeKeys } from '../isolation/migrations/scope-keys.js';
import { createSignedScope, dropSignedScope, scopeFormOf } from '../isolation/migrations/signed-scope.js';
import { applyPolicies } from '../setup/policies/apply-policies.js';
import { planPolicies } from '../setup/policies/plan-policies.js';
import type { PolicyPlan } from '../setup/policies/policy-plan.js';
import { inPolicyTransaction } from '../setup/policies/policy-transaction.js';
import {
  type CommandArguments,
  type CommandIo,
  type CommandOutcome,
  ExitCode,
  UsageError,
} from './command.js';
import { DATA_SOURCE_OPTION, loadDataSource } from './load-data-source.js';
import type { Subcommand } from './program.js';

const HELP = `
Makes row-level security, policies, grants and the default of tenant_id what the entities declare.

Usage: tenancy policies plan|apply|check|sign|unsign --data-source PATH [options]

  plan     prints the SQL that would do it, and what it cannot decide; changes nothing
  apply    runs it in one transaction; once more, it finds nothing to do
  check    as plan, for CI: exit code 3 when there is a difference
  sign     makes the database verify a proof of the tenant, with the keys given; also rotates them. Give the key to
           the application before you apply: from then on its policies ask for the proof
  unsign   takes that back: policies ask for the setting alone, and the keys are gone

  --data-source PATH   a compiled module that exports the application's TenantSchemaDataSource; its URL is the owner's
  -d
  --drop-foreign       also drops permissive policies that somebody wrote
  --lock-timeout MS    how long apply and unsign wait for a table in use; default: 5000
  --key-env NAME       the environment variable with a key, for sign. Once for each key: the new one first, then the
                       old one while processes still sign with it
  --json               one JSON object
  -h, --help

Exit codes: 0 done, nothing left; 1 failed, nothing was changed; 2 called wrongly; 3 check found a difference, or apply
left a problem it cannot decide.
`;

type Action = (dataSource: DataSource, args: CommandArguments, io: CommandIo) => Promise<CommandOutcome>;

const ACTIONS: Readonly<Record<string, Action>> = { plan, apply, check, sign, unsign };

export const policiesCommand: Subcommand = {
  summary: 'makes policies and grants what the entities declare',
  help: HELP,
  options: {
    ...DATA_SOURCE_OPTION,
    'drop-foreign': { type: 'boolean', default: false },
    'lock-timeout': { type: 'string', default: '5000' },
    'key-env': { type: 'string', multiple: true },
  },
  async run(args, io) {
    const [name = '', another] = args.positionals;
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (!action || another !== undefined) {
      throw new UsageError(`Say what to do, one of ${Object.keys(ACTIONS).join(', ')}.`);
    }
    const dataSource = await loadDataSource(args.values['data-source']);
    await dataSource.initialize();
    try {
      return await action(dataSource, args, io);
    } finally {
      await dataSource.destroy();
    }
  },
};

async function plan(dataSource: DataSource, { values }: CommandArguments): Promise<CommandOutcome> {
  return outcomeOf(
    await planPolicies(dataSource, { dropForeign: values['drop-foreign'] === true }),
    ExitCode.Done,
  );
}

async function check(dataSource: DataSource, args: CommandArguments): Promise<CommandOutcome> {
  const planned = await planPolicies(dataSource, { dropForeign: args.values['drop-foreign'] === true });
  const same = planned.changes.length === 0 && !planned.problems.some(({ open }) => open);
  return outcomeOf(planned, same ? ExitCode.Done : ExitCode.Attention);
}

async function apply(dataSource: DataSource, { values }: CommandArguments): Promise<CommandOutcome> {
  const applied = await applyPolicies(dataSource, {
    dropForeign: values['drop-foreign'] === true,
    lockTimeoutMs: lockTimeoutOf(values),
  });
  return outcomeOf(applied, applied.problems.some(({ open }) => open) ? ExitCode.Attention : ExitCode.Done);
}

async function sign(
  dataSource: DataSource,
  { values }: CommandArguments,
  { env }: CommandIo,
): Promise<CommandOutcome> {
  const names = [values['key-env'] ?? []].flat().map(String);
  if (names.length === 0) throw new UsageError('Say where the key is: --key-env TENANT_SCOPE_KEY.');
  const keys = names.map((name) => {
    const key = env[name];
    if (!key) throw new UsageError(`${name} is not set.`);
    return key;
  });
  await inPolicyTransaction(dataSource, lockTimeoutOf(values), async (queryRunner) => {
    if ((await scopeFormOf(queryRunner)) === 'setting') await createSignedScope(queryRunner);
    await setScopeKeys(queryRunner, keys);
  });
  const next = 'Once the application signs, `tenancy policies apply` makes policies ask for the proof.';
  return { code: ExitCode.Done, json: { keys: names }, lines: [`Keys set: ${names.join(', ')}.`, next] };
}

async function unsign(dataSource: DataSource, { values }: CommandArguments): Promise<CommandOutcome> {
  await inPolicyTransaction(dataSource, lockTimeoutOf(values), async (queryRunner) => {
    if ((await scopeFormOf(queryRunner)) === 'signed') await dropSignedScope(queryRunner);
  });
  return { code: ExitCode.Done, json: { scope: 'setting' }, lines: ['Policies ask for the setting alone.'] };
}

function lockTimeoutOf(values: CommandArguments['values']): number {
  const lockTimeoutMs = Number(values['lock-timeout']);
  if (Number.isSafeInteger(lockTimeoutMs) && lockTimeoutMs >= 1) return lockTimeoutMs;
  throw new UsageError('--lock-timeout is a whole number of milliseconds, from 1.');
}

function outcomeOf(planned: PolicyPlan, code: ExitCode): CommandOutcome {
  const { changes, problems } = planned;
  const lines = [
    ...changes.map(({ sql }) => `${sql};`),
    ...problems.map(({ table, problem }) => `-- ${table}: ${problem}`),
  ];
  return { code, json: planned, lines: lines.length > 0 ? lines : ['-- Nothing to do.'] };
}
