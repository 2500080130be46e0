/**
 * A program is data: rounds of tasks. The tasks of a round start in their order, all at once, and the next round begins
 * when they are done; so little is left to the machine, and a part of a program is a program, which is what shrinking
 * needs.
 */
export interface Program {
  /** Connections in the pool. */
  readonly poolSize: number;
  /** After how many ms pg gives up on an answer, which comes later all the same. Null: never. */
  readonly queryTimeout: number | null;
  readonly rounds: readonly (readonly Task[])[];
}

/** What one caller does. `tenant` is a number from 0; null is code outside every scope. */
export interface Task {
  readonly tenant: number | null;
  /** Fire and forget: the round does not wait for it. */
  readonly detached: boolean;
  readonly work: Work;
}

export type Work =
  /** One statement, in autocommit. */
  | {
      readonly on: 'pool' | 'pool callback' | 'connect callback' | 'data source';
      readonly statement: Statement;
    }
  /** A connection taken by hand, from the pool or as a query runner. */
  | {
      readonly on: 'client' | 'query runner';
      readonly begin: boolean;
      readonly body: readonly Statement[];
      readonly end: 'commit' | 'rollback' | 'nothing';
      readonly giveBack: 'idle' | 'busy' | 'twice' | 'never';
    }
  /** `dataSource.transaction(…)`. */
  | { readonly on: 'transaction'; readonly body: readonly Statement[]; readonly end: 'return' | 'throw' }
  | { readonly on: 'server'; readonly fault: Fault; readonly choice: number };

export type Fault = 'kill' | 'cancel' | 'restart' | 'change plans';

export type Statement =
  | { readonly do: 'read'; readonly by: 'text' | 'find' | 'builder' }
  | { readonly do: 'stream'; readonly leave: boolean }
  | { readonly do: 'insert' | 'update' | 'delete' | 'upsert'; readonly by: 'text' | 'entity' }
  | { readonly do: 'read slowly'; readonly ms: number; readonly patience: number | null }
  | { readonly do: 'fail' }
  /** The same connection in the hands of another tenant's code. */
  | { readonly do: 'as other'; readonly tenant: number; readonly statement: Statement }
  | { readonly do: 'at once'; readonly body: readonly Statement[] }
  | { readonly do: 'savepoint'; readonly body: readonly Statement[]; readonly end: 'release' | 'rollback' };

/** One line for each task. */
export function describeProgram({ poolSize, queryTimeout, rounds }: Program): string {
  const head = `pool of ${poolSize}${queryTimeout === null ? '' : `, query_timeout ${queryTimeout} ms`}`;
  const lines = rounds.flatMap((round, at) => [`  round ${at + 1}`, ...round.map(describeTask)]);
  return [head, ...lines].join('\n');
}

export function describeTask({ tenant, detached, work }: Task): string {
  if (work.on === 'server') return `    server: ${work.fault}`;
  const who = tenant === null ? 'no tenant' : `tenant ${tenant}`;
  return `    ${who}${detached ? ', not waited for' : ''}, on ${work.on}: ${describeWork(work)}`;
}

function describeWork(work: Exclude<Work, { on: 'server' }>): string {
  if ('statement' in work) return describeStatement(work.statement);
  const body = work.body.map(describeStatement);
  if (work.on === 'transaction') return [...body, work.end].join('; ');
  const end = work.end === 'nothing' ? [] : [work.end];
  return [...(work.begin ? ['begin'] : []), ...body, ...end, `give back ${work.giveBack}`].join('; ');
}

function describeStatement(statement: Statement): string {
  switch (statement.do) {
    case 'read':
    case 'insert':
    case 'update':
    case 'delete':
    case 'upsert':
      return `${statement.do} by ${statement.by}`;
    case 'stream':
      return statement.leave ? 'stream, left half-way' : 'stream';
    case 'read slowly':
      return `read for ${statement.ms} ms${statement.patience === null ? '' : `, given up after ${statement.patience}`}`;
    case 'fail':
      return 'fail';
    case 'as other':
      return `as tenant ${statement.tenant} (${describeStatement(statement.statement)})`;
    case 'at once':
      return `at once (${statement.body.map(describeStatement).join(', ')})`;
    case 'savepoint':
      return `savepoint (${statement.body.map(describeStatement).join('; ')}) ${statement.end}`;
  }
}
