import { A, TENANTS } from '../../support/notes.js';
import { behindPgBouncer } from './place.js';
import { describeAt } from './subject.js';
import { scope } from './suites/scope.js';
import { transactions } from './suites/transactions.js';

describeAt(behindPgBouncer(10, 'session'), { scope, transactions });

describeAt(behindPgBouncer(1, 'statement'), {
  'single statements': (subject) => {
    it('are those of their tenants', async () => {
      const turns = Array.from({ length: 80 }, (_, at) => TENANTS[at % TENANTS.length]!);
      const read = await Promise.all(turns.map((tenant) => subject().notesOf(tenant)));
      expect(read.map((notes) => new Set(notes.map(({ tenant_id }) => tenant_id)))).toEqual(
        turns.map((tenant) => new Set([tenant])),
      );
    });

    it('are all there is: a transaction is refused', async () => {
      await subject().lease(A, async (client) => {
        await expect(client.query('BEGIN')).rejects.toThrow(/transaction blocks not allowed/i);
      });
    });
  },
});
