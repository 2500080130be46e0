import { dbSetupCommand } from './db-setup.command.js';
import { runAsProcess } from './process-io.js';

await runAsProcess(dbSetupCommand);
