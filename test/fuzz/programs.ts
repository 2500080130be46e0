import fc from 'fast-check';
import type { Fault, Program, Statement, Task, Work } from './program.js';

/** So many tenants take part. */
export const TENANT_COUNT = 8;

const tenant = fc.nat({ max: TENANT_COUNT - 1 });
const weighted = <T>(
  ...choices: (readonly [weight: number, arbitrary: fc.Arbitrary<T>])[]
): fc.Arbitrary<T> => fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })));
const oneOf = <const T extends string>(...values: T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

const plain = weighted<Statement>(
  [10, fc.record({ do: fc.constant('read'), by: oneOf('text', 'find', 'builder') })],
  [6, fc.record({ do: oneOf('insert', 'update', 'delete', 'upsert'), by: oneOf('text', 'entity') })],
  [2, fc.record({ do: fc.constant('stream'), leave: fc.boolean() })],
  [
    2,
    fc.record({
      do: fc.constant('read slowly' as const),
      ms: fc.integer({ min: 5, max: 120 }),
      patience: weighted<number | null>([1, fc.constant(null)], [2, fc.integer({ min: 20, max: 90 })]),
    }),
  ],
  [1, fc.constant({ do: 'fail' })],
);

const body = <T>(of: fc.Arbitrary<T>, max: number): fc.Arbitrary<T[]> =>
  fc.array(of, { minLength: 1, maxLength: max, size: 'max' });

const statement = weighted<Statement>(
  [20, plain],
  [2, fc.record({ do: fc.constant('as other'), tenant, statement: plain })],
  [2, fc.record({ do: fc.constant('at once'), body: body(plain, 3) })],
  [3, fc.record({ do: fc.constant('savepoint'), body: body(plain, 3), end: oneOf('release', 'rollback') })],
);

const work = weighted<Work>(
  [
    12,
    fc.record({
      on: oneOf('pool', 'pool callback', 'connect callback', 'data source'),
      statement: plain,
    }),
  ],
  [
    10,
    fc.record({
      on: oneOf('client', 'query runner'),
      begin: fc.boolean(),
      body: body(statement, 4),
      end: weighted<'commit' | 'rollback' | 'nothing'>(
        [5, fc.constant('commit')],
        [2, fc.constant('rollback')],
        [4, fc.constant('nothing')],
      ),
      giveBack: weighted<'idle' | 'busy' | 'twice' | 'never'>(
        [20, fc.constant('idle')],
        [3, fc.constant('busy')],
        [2, fc.constant('twice')],
        [1, fc.constant('never')],
      ),
    }),
  ],
  [8, fc.record({ on: fc.constant('transaction'), body: body(statement, 4), end: oneOf('return', 'throw') })],
  [
    2,
    fc.record({
      on: fc.constant('server'),
      fault: weighted<Fault>(
        [20, fc.constant('kill')],
        [12, fc.constant('cancel')],
        [12, fc.constant('change plans')],
        [1, fc.constant('restart')],
      ),
      choice: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    }),
  ],
);

const task: fc.Arbitrary<Task> = fc.record({
  tenant: weighted<number | null>([15, tenant], [1, fc.constant(null)]),
  detached: weighted([9, fc.constant(false)], [1, fc.constant(true)]),
  work,
});

export const programs: fc.Arbitrary<Program> = fc.record({
  // Most is to be seen where callers wait for one another's connection.
  poolSize: weighted([2, fc.integer({ min: 1, max: 2 })], [1, fc.integer({ min: 3, max: 5 })]),
  queryTimeout: weighted<number | null>([3, fc.constant(null)], [1, fc.integer({ min: 60, max: 150 })]),
  rounds: fc.array(fc.array(task, { minLength: 1, maxLength: 20, size: 'max' }), {
    minLength: 1,
    maxLength: 6,
    size: 'max',
  }),
});
