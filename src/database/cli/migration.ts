import { migrationCommand } from './migration.command.js';
import { runAsProcess } from './process-io.js';

await runAsProcess(migrationCommand);
