import { EMBEDDED } from './place.js';
import { describeClient } from './suites/index.js';

describeClient(EMBEDDED);
