import {
  A,
  COUNTRY,
  inScopeOf,
  ROWS_OF_A,
  ROWS_OF_B,
  SAME_ID,
  SHARED_TEMPLATE,
  type Rows,
} from '../net1-database.js';
import type { Net, Operation, Place } from './operation.js';
import type { Everything, World } from './world.js';

export interface Observation extends Everything {
  /** All that the caller is told, result or error, as text without what differs from one run to the next. */
  readonly answer: string;
  /** The code of the error it ended in. */
  readonly failure: string | undefined;
  readonly log: string;
}

/** Runs an operation in A's scope and looks at what came of it. */
export async function observe(
  world: World,
  net: Net,
  place: Place,
  { run }: Operation,
  aim: Rows,
): Promise<Observation> {
  await world.restore();
  const dataSource = world.dataSources[net];
  const work = () =>
    place === 'inside'
      ? dataSource.transaction((manager) => run(manager, aim))
      : run(dataSource.manager, aim);
  const { answer, failure } = await inScopeOf(A, () => Promise.resolve().then(work)).then(told, failed);
  const { own, ...rest } = await world.everything();
  return { answer, failure, log: world.log.join('\n'), own: own.map(timeless).sort(), ...rest };
}

type Told = Pick<Observation, 'answer' | 'failure'>;

function told(result: unknown): Told {
  const text = JSON.stringify(result) as string | undefined;
  return {
    answer: text === undefined ? 'undefined' : inOrder(JSON.parse(timeless(text))),
    failure: undefined,
  };
}

function failed(error: unknown): Told {
  return { answer: describe(error), failure: codeOf(error) };
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : inOrder(error);
  const { driverError, ...shown } = error as Error & { driverError?: unknown };
  const properties = inOrder(JSON.parse(timeless(JSON.stringify(shown))));
  return [error.name, timeless(error.message), properties, driverError ? describe(driverError) : ''].join(
    ' ',
  );
}

/** That of the driver's error, where TypeORM wrapped one. */
function codeOf(error: unknown): string {
  const { driverError, code } = Object(error) as { driverError?: unknown; code?: unknown };
  if (driverError) return codeOf(driverError);
  if (typeof code === 'string') return code;
  return error instanceof Error ? error.name : typeof error;
}

/** As JSON, with lists sorted: without ORDER BY, the order of rows is whatever the storage makes of it. */
function inOrder(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inOrder).sort().join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, item]) => `${JSON.stringify(key)}:${inOrder(item)}`)
    .join(',')}}`;
}

const KNOWN = new Set([
  SAME_ID,
  COUNTRY.id,
  SHARED_TEMPLATE.id,
  ...[ROWS_OF_A, ROWS_OF_B].flatMap((rows) => Object.values(rows) as string[]),
]);
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const TIME = /20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*(?:Z|\+00)?/g;

function timeless(text: string): string {
  return text.replace(UUID, (id) => (KNOWN.has(id) ? id : '<new id>')).replace(TIME, '<now>');
}
