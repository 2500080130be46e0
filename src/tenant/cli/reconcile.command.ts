import { DataSource } from 'typeorm';
import type { QuotaDrift } from '../quotas/quota.store.js';
import { reconcileTenant } from '../quotas/reconcile-tenant.js';
import type { Tenant } from '../registry/tenant.js';
import { TenantEntity } from '../registry/tenant.entity.js';
import { TypeOrmTenantStore } from '../registry/typeorm-tenant.store.js';
import { checkConnection } from '../setup/check-connection.js';
import { type CommandIo, ExitCode, UsageError } from './command.js';
import { findTenant } from './find-tenant.js';
import type { Subcommand } from './program.js';

const HELP = `
Compares the counters of tenants' limits with what they count, and sets them right: those of allocation limits with the
rows there are, those of the running period and of what is under way with their ledger and open reservations.

Usage: tenancy reconcile --tenant TENANT | --all [options]

  --tenant TENANT   its id or slug
  --all             every tenant that is not deleted
  --resource LIMIT  only the counter of this limit, such as maxAgents
  --dry-run         looks, and changes nothing
  --json            one JSON object: { tenants, counters, dryRun, drifted: [{ tenantId, resource, before, after, … }] }
  -h, --help

CONTROL_DATABASE_URL is the login of the control plane. Exact while the application runs; a tenant's writers wait only
for a counter that is wrong. That rows were counted is kept in platform_access_log.

Exit codes: 0 nothing was wrong, or it was set right; 1 failed; 2 called wrongly; 3 --dry-run found something wrong.
`;

const PAGE = 100;

interface Drifted extends QuotaDrift {
  readonly slug: string;
}

export const reconcileCommand: Subcommand = {
  summary: 'compares counters of limits with what they count, and sets them right',
  help: HELP,
  options: {
    tenant: { type: 'string', short: 't' },
    all: { type: 'boolean', default: false },
    resource: { type: 'string' },
    'dry-run': { type: 'boolean', default: false },
  },
  async run({ positionals, values }, io) {
    const { tenant: named, resource } = values;
    if (positionals.length > 0 || (named === undefined) === (values.all !== true)) {
      throw new UsageError('Say which: --tenant <id or slug>, or --all.');
    }
    const url = io.env.CONTROL_DATABASE_URL;
    if (!url) throw new UsageError('CONTROL_DATABASE_URL is not set.');
    const options = {
      dryRun: values['dry-run'] === true,
      ...(typeof resource === 'string' && { resource }),
    };

    await checkConnection('CONTROL_DATABASE_URL', url);
    const control = await new DataSource({ type: 'postgres', url, entities: [TenantEntity] }).initialize();
    try {
      const [looked, drifted] = [{ tenants: 0, counters: 0 }, [] as Drifted[]];
      for await (const { id: tenantId, slug } of chosen(new TypeOrmTenantStore(control), named, io)) {
        const counters = await reconcileTenant(control, { tenantId, ...options });
        looked.tenants += 1;
        looked.counters += counters.length;
        drifted.push(...counters.filter(isWrong).map((drift) => ({ ...drift, slug })));
      }
      if (options.resource !== undefined && looked.counters === 0) {
        throw new UsageError(`Nothing counts ${options.resource}.`);
      }
      return {
        code: options.dryRun && drifted.length > 0 ? ExitCode.Attention : ExitCode.Done,
        json: { ...looked, dryRun: options.dryRun, drifted },
        lines: [...drifted.map(lineOf), summaryOf(looked.counters, drifted.length, options.dryRun)],
      };
    } finally {
      await control.destroy();
    }
  },
};

async function* chosen(store: TypeOrmTenantStore, named: unknown, io: CommandIo): AsyncGenerator<Tenant> {
  if (typeof named === 'string') {
    yield await findTenant(store, named);
    return;
  }
  let after: Tenant | undefined;
  for (let done = 0; ;) {
    const page = await store.list({
      limit: PAGE,
      statuses: ['trial', 'active', 'suspended'],
      ...(after && { after }),
    });
    yield* page;
    done += page.length;
    if (done > 0) io.err(`${done} tenants looked at.`);
    if (page.length < PAGE) return;
    after = page.at(-1);
  }
}

function isWrong({ before, after }: QuotaDrift): boolean {
  return before.used !== after.used || before.reserved !== after.reserved;
}

function lineOf({ slug, resource, before, after }: Drifted): string {
  const changes = (['used', 'reserved'] as const)
    .filter((of) => before[of] !== after[of])
    .map((of) => `${of} ${before[of]} -> ${after[of]}`);
  return `${slug} ${resource}: ${changes.join(', ')}`;
}

function summaryOf(counters: number, wrong: number, dryRun: boolean): string {
  return `${counters} counters looked at, ${wrong} ${dryRun ? 'wrong' : 'set right'}.`;
}
