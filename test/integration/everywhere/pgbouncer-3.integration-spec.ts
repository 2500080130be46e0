import { behindPgBouncer } from './place.js';
import { describeClient } from './suites/index.js';

describeClient(behindPgBouncer(3));
