import pg from 'pg';
import { ADOPTION_PHASES, type AdoptionPhase } from '../setup/adopt/adoption-step.js';
import type { AdoptionPace } from '../setup/adopt/adoption-run.js';
import { applyAdoption } from '../setup/adopt/apply-adoption.js';
import { type AdoptionTarget, planAdoption } from '../setup/adopt/plan-adoption.js';
import { revertAdoption } from '../setup/adopt/revert-adoption.js';
import { verifyAdoption } from '../setup/adopt/verify-adoption.js';
import { checkConnection } from '../setup/check-connection.js';
import { checkLines, planLines } from './adopt-report.js';
import { type CommandArguments, type CommandOutcome, ExitCode, UsageError } from './command.js';
import type { Subcommand } from './program.js';

const HELP = `
Makes the tables of a running single-tenant application one tenant's, step by step, without stopping it.

Usage: tenancy adopt plan|apply|revert|verify [options]

  plan                  prints each step with its SQL and lock, and what stands in the way; changes nothing
  apply                 carries the steps out; goes on with what is recorded, also after it was killed
  revert --to PHASE     takes back every step after that phase, or step id, the last one first; "start": all
  verify                looks whether all is as it should be: keys, policies, rows, values, what tenants read

  --tenant ID           id or slug of the tenant that gets the rows; it has to be in the registry
  --schema NAME         default: public
  --tables A,B          default: all of the schema without a tenant_id, minus the library's own
  --exclude A,B         leaves these out
  --until PHASE         apply: the last phase to carry out
  --one                 apply: one step only
  --lock-timeout MS     how long others may queue behind a lock it waits for; default: 200
  --patience MS         how long it goes on asking for a lock; default: 600000
  --batch ROWS          rows of one batch of the backfill; default: 2000
  --pause MS            between two batches; default: 20
  --prefix NAME         what the names of the roles start with; default: parallax
  --json                one JSON object
  -h, --help

Phases: ${ADOPTION_PHASES.join(', ')}.

ADMIN_DATABASE_URL names the administrator who runs it: a superuser, or a role that was granted what docs/adopting.md
lists; what is missing is named before anything is touched. The tables may be the former application's own. Until
phase "enforce" it keeps them and all its rights; then they are <prefix>_owner's alone. The plan, how far it is and how
each step is taken back are kept in tenancy_adoptions, beside the table tenants.

Exit codes: 0 done; 1 failed; 2 called wrongly; 3 there is an obstacle (plan), or something does not hold (verify).
`;

export const adoptCommand: Subcommand = {
  summary: "makes a running application's tables one tenant's, step by step",
  help: HELP,
  options: {
    tenant: { type: 'string' },
    schema: { type: 'string' },
    tables: { type: 'string' },
    exclude: { type: 'string' },
    until: { type: 'string' },
    to: { type: 'string' },
    one: { type: 'boolean', default: false },
    'lock-timeout': { type: 'string' },
    patience: { type: 'string' },
    batch: { type: 'string' },
    pause: { type: 'string' },
    prefix: { type: 'string', default: 'parallax' },
  },
  async run(args, io) {
    const [what = '', ...more] = args.positionals;
    const action = Object.hasOwn(ACTIONS, what) ? ACTIONS[what] : undefined;
    if (action === undefined || more.length > 0) {
      throw new UsageError(`Say one of ${Object.keys(ACTIONS).join(', ')}.`);
    }
    const url = io.env.ADMIN_DATABASE_URL;
    if (!url) throw new UsageError('ADMIN_DATABASE_URL=postgres://… is needed.');
    const work = action(args, (line) => io.err(line));
    await checkConnection('ADMIN_DATABASE_URL', url);
    const admin = new pg.Client({ connectionString: url, application_name: 'tenancy adopt' });
    await admin.connect();
    try {
      return await work(admin);
    } finally {
      await admin.end();
    }
  },
};

type Work = (admin: pg.Client) => Promise<CommandOutcome>;

/** Each reads its options at once, so that a wrong one is told before the database is asked. */
const ACTIONS: Readonly<Record<string, (args: CommandArguments, tell: (line: string) => void) => Work>> = {
  plan(args) {
    const target = targetOf(args);
    return async (admin) => {
      const plan = await planAdoption(admin, target);
      const stopped = plan.remarks.some(({ kind }) => kind === 'obstacle');
      return { code: stopped ? ExitCode.Attention : ExitCode.Done, json: plan, lines: planLines(plan) };
    };
  },
  apply(args, tell) {
    const until = phaseOf(args.values.until);
    const options = {
      ...targetOf(args),
      ...paceOf(args, tell),
      ...(until && { until }),
      one: args.values.one === true,
    };
    return async (admin) => {
      const progress = await applyAdoption(admin, options);
      const { done, left } = progress;
      return {
        code: ExitCode.Done,
        json: progress,
        lines: [`${done.length} steps done, ${left.length} left${left[0] ? `; next: ${left[0]}` : ''}.`],
      };
    };
  },
  revert(args, tell) {
    const to = text(args, 'to');
    if (to === undefined) throw new UsageError('Say how far back: --to PHASE.');
    const options = { to, ...prefixOf(args), ...paceOf(args, tell) };
    return async (admin) => {
      const reverted = await revertAdoption(admin, options);
      return { code: ExitCode.Done, json: { reverted }, lines: [`${reverted.length} steps taken back.`] };
    };
  },
  verify(args) {
    return async (admin) => {
      const checks = await verifyAdoption(admin, prefixOf(args));
      return {
        code: checks.every(({ ok }) => ok) ? ExitCode.Done : ExitCode.Attention,
        json: { checks },
        lines: checkLines(checks),
      };
    };
  },
};

function targetOf(args: CommandArguments): AdoptionTarget {
  const [tenant, schema] = [text(args, 'tenant'), text(args, 'schema')];
  if (tenant === undefined) throw new UsageError('Say whose the rows become: --tenant ID.');
  const [tables, exclude] = [list(args, 'tables'), list(args, 'exclude')];
  return {
    tenant,
    ...prefixOf(args),
    ...(schema && { schema }),
    ...(tables && { tables }),
    ...(exclude && { exclude }),
  };
}

function paceOf(args: CommandArguments, onProgress: (line: string) => void): AdoptionPace {
  const given = {
    lockTimeoutMs: count(args, 'lock-timeout', 1),
    patienceMs: count(args, 'patience', 0),
    batchRows: count(args, 'batch', 1),
    pauseMs: count(args, 'pause', 0),
  };
  return {
    onProgress,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
}

function prefixOf({ values }: CommandArguments): { prefix: string } {
  return { prefix: String(values.prefix) };
}

function phaseOf(value: unknown): AdoptionPhase | undefined {
  if (value === undefined) return undefined;
  const phase = ADOPTION_PHASES.find((one) => one === value);
  if (phase === undefined) throw new UsageError(`--until can be ${ADOPTION_PHASES.join(', ')}.`);
  return phase;
}

function text({ values }: CommandArguments, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function list(args: CommandArguments, name: string): string[] | undefined {
  return text(args, name)
    ?.split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

function count(args: CommandArguments, name: string, least: number): number | undefined {
  const value = text(args, name);
  if (value === undefined) return undefined;
  if (!/^\d{1,9}$/.test(value) || Number(value) < least) {
    throw new UsageError(`--${name} takes a whole number from ${least}.`);
  }
  return Number(value);
}
