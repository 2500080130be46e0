import { readFileSync } from 'node:fs';
import { billingPeriod } from '../../../../src/tenant/catalog/billing-period.js';

/** In a process of its own, for the time zone that is started in: pairs of anchor and moment in, periods out. */
const pairs = JSON.parse(readFileSync(process.stdin.fd, 'utf8')) as [string, string][];
const periods = pairs.map(([anchor, at]) => billingPeriod(new Date(anchor), new Date(at)));
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
process.stdout.write(JSON.stringify({ zone, periods }));
