import type { Place } from '../place.js';
import { describeAt } from '../subject.js';
import { failures } from './failures.js';
import { scope } from './scope.js';
import { transactions } from './transactions.js';

/** All that the scoped client promises, in one place. */
export function describeClient(place: Place | undefined): void {
  describeAt(place, { scope, transactions, failures });
}
