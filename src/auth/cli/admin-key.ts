import 'reflect-metadata';
import { runAsProcess } from '../../database/cli/process-io.js';
import { adminKeyCommand } from './admin-key.command.js';

await runAsProcess(adminKeyCommand);
