import { checkConnection } from '@parallax/tenant';
import { ExitCode, UsageError, type Command, type CommandOutcome } from '@parallax/tenant/cli';
import { pendingMigrations, revertMigration, runMigrations, type MigratorOptions } from '../migrator.js';

const HELP = `
Applies or takes back migrations of the database that MIGRATION_DATABASE_URL names (the owner's URL, a direct
connection). The embedded PostgreSQL needs none of this: \`npm start\` migrates it.

Usage: npm run migration:run | npm run migration:revert | node dist/src/database/cli/migration.js <action>

  run        applies what is pending; of several processes one does, the others wait and find nothing
  revert     takes back the migration applied last
  pending    lists what is not applied yet, and changes nothing

  --json     one JSON object instead of lines
  -h, --help

Exit codes: 0 done, nothing pending; 1 failed; 2 called wrongly; 3 migrations are pending (action pending only).
`;

type Action = (options: MigratorOptions) => Promise<CommandOutcome>;

const run: Action = async (options) => {
  const applied = await runMigrations(options);
  const line =
    applied.length === 0 ? 'Nothing is pending.' : `Applied ${applied.length}: ${applied.join(', ')}.`;
  return { code: ExitCode.Done, json: { applied }, lines: [line] };
};

const revert: Action = async (options) => {
  const reverted = await revertMigration(options);
  const line = reverted === undefined ? 'Nothing is applied.' : `Reverted ${reverted}.`;
  return { code: ExitCode.Done, json: { reverted: reverted ?? null }, lines: [line] };
};

const pending: Action = async (options) => {
  const names = await pendingMigrations(options);
  const lines = names.length === 0 ? ['Nothing is pending.'] : names;
  return { code: names.length === 0 ? ExitCode.Done : ExitCode.Attention, json: { pending: names }, lines };
};

const ACTIONS = new Map(Object.entries({ run, revert, pending }));

export const migrationCommand: Command = {
  help: HELP,
  async run({ positionals }, io) {
    const [name, ...others] = positionals;
    const action = ACTIONS.get(name ?? '');
    if (action === undefined || others.length > 0) {
      throw new UsageError(`One action is expected, of: ${[...ACTIONS.keys()].join(', ')}.`);
    }
    const url = io.env.MIGRATION_DATABASE_URL;
    if (!url) {
      throw new UsageError(
        'MIGRATION_DATABASE_URL is not set. `npm run db:setup` prints it; the embedded PostgreSQL is migrated by `npm start`.',
      );
    }
    await checkConnection('MIGRATION_DATABASE_URL', url);
    return await action({ url, log: (line) => io.err(line) });
  },
};
