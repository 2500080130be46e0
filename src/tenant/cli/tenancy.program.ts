import type { Program } from './program.js';
import { setupCommand } from './setup.command.js';
import { shellCommand } from './shell.command.js';

/** The commands of `npx tenancy`. */
export const TENANCY: Program = {
  name: 'tenancy',
  commands: {
    setup: setupCommand,
    shell: shellCommand,
  },
};
