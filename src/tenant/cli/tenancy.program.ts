import type { Program } from './program.js';
import { setupCommand } from './setup.command.js';

/** The commands of `npx tenancy`. */
export const TENANCY: Program = {
  name: 'tenancy',
  commands: {
    setup: setupCommand,
  },
};
