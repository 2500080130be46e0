#!/usr/bin/env node
import { asProcess } from './process-io.js';
import { runProgram } from './program.js';
import { TENANCY } from './tenancy.program.js';

await asProcess((argv, io) => runProgram(TENANCY, argv, io));
