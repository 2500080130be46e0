import { asProcess } from '../../src/tenant/cli/process-io.js';
import { runProgram } from '../../src/tenant/cli/program.js';
import { TENANCY } from '../../src/tenant/cli/tenancy.program.js';

/** `npx tenancy` from source: for suites that need it in a process of its own. */
void asProcess((argv, io) => runProgram(TENANCY, argv, io));
