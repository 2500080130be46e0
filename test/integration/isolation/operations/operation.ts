import type { EntityManager } from 'typeorm';
import type { Rows } from '../net1-database.js';

/** What an operation could do with a row of another tenant: hand it over, change it, point at it, tell of it. */
export type Kind = 'read' | 'write' | 'link' | 'reveal';

/** One call of TypeORM in A's scope, aimed at rows of A or of B. */
export type Run = (manager: EntityManager, aim: Rows) => Promise<unknown>;

/** Both nets, each alone with the other off, and neither. */
export const NETS = ['both nets', 'net 1 alone', 'net 2 alone', 'neither net'] as const;
export type Net = (typeof NETS)[number];

/** Each operation runs by itself and as part of a transaction. */
export const PLACES = ['outside', 'inside'] as const;
export type Place = (typeof PLACES)[number];

/**
 * `held`: works on own rows and knows nothing of others. `beyond`: reaches, or tells of, other tenants' rows.
 * `no effect`: does nothing for anybody. Anything else is the code of the error it ends in for own and foreign
 * rows alike.
 */
export type Outcome = string;

export type Outcomes = Readonly<Partial<Record<Net, Expected>>>;

type Expected = Outcome | Readonly<Record<Place, Outcome>>;

/** Operations that stand for one row of the tables of what TypeORM can do. */
export interface Group {
  readonly row: string;
  readonly kind: Kind;
  /** Run twice: aimed at A's rows, which must work, and at B's, which must do nothing. */
  readonly aimed?: Readonly<Record<string, Run>>;
  /** Name no row. */
  readonly all?: Readonly<Record<string, Run>>;
  /** The exact answers of those that tell a number or whether something exists. */
  readonly gives?: Readonly<Record<string, unknown>>;
  /** Where the outcome is another than `held`. */
  readonly outcomes?: Outcomes;
  /** Operations whose outcomes differ from those of the group. */
  readonly exceptions?: Readonly<Record<string, Outcomes>>;
}

export interface Operation {
  readonly name: string;
  readonly row: string;
  readonly kind: Kind;
  readonly isAimed: boolean;
  readonly run: Run;
  readonly gives?: string;
  readonly outcomes: Outcomes;
}

export function operationsOf(group: Group): Operation[] {
  const { row, kind, aimed = {}, all = {}, gives = {}, outcomes = {}, exceptions = {} } = group;
  return Object.entries({ ...aimed, ...all }).map(([name, run]) => ({
    name,
    row,
    kind,
    isAimed: name in aimed,
    run,
    ...(name in gives && { gives: JSON.stringify(gives[name]) }),
    outcomes: exceptions[name] ?? outcomes,
  }));
}

export function expectedOf({ outcomes }: Operation, net: Net, place: Place): Outcome {
  const expected = outcomes[net] ?? 'held';
  return typeof expected === 'string' ? expected : expected[place];
}
