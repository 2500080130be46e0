import { runAsProcess } from '@parallax/tenant/cli';
import { migrationCommand } from './migration.command.js';

await runAsProcess(migrationCommand);
