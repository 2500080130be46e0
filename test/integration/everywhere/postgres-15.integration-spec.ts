import { oldestPostgres } from './place.js';
import { describeClient } from './suites/index.js';

describeClient(oldestPostgres());
