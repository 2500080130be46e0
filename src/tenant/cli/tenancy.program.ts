import { adoptCommand } from './adopt.command.js';
import { doctorCommand } from './doctor.command.js';
import { policiesCommand } from './policies.command.js';
import type { Program } from './program.js';
import { reconcileCommand } from './reconcile.command.js';
import { setupCommand } from './setup.command.js';
import { shellCommand } from './shell.command.js';

/** The commands of `npx tenancy`. */
export const TENANCY: Program = {
  name: 'tenancy',
  commands: {
    adopt: adoptCommand,
    doctor: doctorCommand,
    policies: policiesCommand,
    reconcile: reconcileCommand,
    setup: setupCommand,
    shell: shellCommand,
  },
};
