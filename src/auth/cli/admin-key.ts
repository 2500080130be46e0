import 'reflect-metadata';
import { runAsProcess } from '@parallax/tenant/cli';
import { adminKeyCommand } from './admin-key.command.js';

await runAsProcess(adminKeyCommand);
