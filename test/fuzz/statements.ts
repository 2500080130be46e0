import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import { Actor, type Write } from './actor.js';
import { FuzzNote } from './fuzz-note.entity.js';
import type { Outcome } from './outcome.js';
import type { Statement } from './program.js';
import type { RowModel, SeenRow } from './row-model.js';
import { READ, readBuilder, type Session } from './session.js';

export interface StatementContext {
  readonly session: Session;
  readonly actor: Actor;
  readonly model: RowModel;
  readonly outcome: Outcome;
  readonly tenantId: (number: number) => string;
  readonly inScopeOf: <T>(tenantId: string, fn: () => T) => T;
}

type Change = Extract<Statement, { by: 'text' | 'entity' | 'find' | 'builder' }>;

/** Runs one statement and hands what it gave to the actor to judge. It never fails. */
export async function runStatement(statement: Statement, context: StatementContext): Promise<void> {
  const { session, actor } = context;
  switch (statement.do) {
    case 'read':
      return actor.read(() => read(statement.by, session));
    case 'stream':
      return actor.read(() => readStream(session, statement.leave), !statement.leave);
    case 'insert':
    case 'update':
    case 'delete':
    case 'upsert':
      return change(statement, context);
    case 'read slowly':
      return actor.read(async () => {
        const text = `${READ}, pg_sleep(${(statement.ms / 1000).toFixed(3)})`;
        return (await session.query(text, undefined, statement.patience ?? undefined)).rows;
      });
    case 'fail':
      await actor.other(() => session.query('SELECT 1/0'));
      return;
    case 'as other': {
      const tenantId = context.tenantId(statement.tenant);
      const other = new Actor(tenantId, context.model, context.outcome);
      const itself = tenantId === actor.tenantId;
      return context.inScopeOf(tenantId, () =>
        runStatement(statement.statement, { ...context, actor: itself ? actor : other }),
      );
    }
    case 'at once':
      await Promise.all(statement.body.map((each) => runStatement(each, context)));
      return;
    case 'savepoint':
      return actor.inTransaction
        ? actor.savepoint(() => savepoint(statement, context))
        : runAll(statement.body, context);
  }
}

export async function runAll(body: readonly Statement[], context: StatementContext): Promise<void> {
  for (const statement of body) if (!context.actor.broken) await runStatement(statement, context);
}

async function read(by: 'text' | 'find' | 'builder', { manager, query }: Session): Promise<SeenRow[]> {
  if (!manager || by === 'text') return (await query(READ)).rows;
  if (by === 'builder') return await readBuilder(manager).getRawMany<SeenRow>();
  const notes = await manager.find(FuzzNote);
  return notes.map(({ tenantId, title, body }) => ({ tenant_id: tenantId, title, body }));
}

/** pg-cursor never tells a reader that the connection was lost meanwhile, nor who waits for it to close. */
const STREAM_PATIENCE_MS = 2_000;

async function readStream(session: Session, leave: boolean): Promise<SeenRow[]> {
  const stream = await session.stream();
  stream.on('error', () => undefined);
  const patience = new AbortController();
  const tired = sleep(STREAM_PATIENCE_MS, undefined, { signal: patience.signal }).then(() => {
    throw new Error('a stream that never ended');
  });
  try {
    return await Promise.race([collect(stream, leave), tired]);
  } finally {
    patience.abort();
  }
}

async function collect(stream: Readable, leave: boolean): Promise<SeenRow[]> {
  const rows: SeenRow[] = [];
  for await (const row of stream.iterator({ destroyOnReturn: false })) {
    rows.push(row as SeenRow);
    if (!leave) continue;
    stream.destroy();
    break;
  }
  return rows;
}

function change({ do: what, by }: Change, { session, actor, model }: StatementContext): Promise<void> {
  const body = `body ${randomUUID()}`;
  const claimed = what === 'insert' || actor.tenantId === null ? undefined : model.claim(actor.tenantId);
  const title = claimed?.title ?? model.newTitle();
  const write: Write = {
    title,
    before: claimed?.body,
    after: claimed && what === 'delete' ? undefined : body,
  };
  const deed = !claimed && what !== 'upsert' ? 'insert' : what;
  const { manager } = session;
  return actor.write(write, () =>
    manager && by === 'entity'
      ? changeEntity(manager, deed, title, body)
      : session.query(...changeText(deed, title, body)),
  );
}

function changeText(what: Change['do'], title: string, body: string): [string, string[]] {
  const insert = 'INSERT INTO fuzz_note (title, body) VALUES ($1, $2)';
  if (what === 'delete') return ['DELETE FROM fuzz_note WHERE title = $1', [title]];
  if (what === 'update') return ['UPDATE fuzz_note SET body = $2 WHERE title = $1', [title, body]];
  if (what === 'insert') return [insert, [title, body]];
  return [`${insert} ON CONFLICT (tenant_id, title) DO UPDATE SET body = excluded.body`, [title, body]];
}

async function changeEntity(
  manager: EntityManager,
  what: Change['do'],
  title: string,
  body: string,
): Promise<unknown> {
  if (what === 'delete') return manager.delete(FuzzNote, { title });
  if (what === 'update') return manager.update(FuzzNote, { title }, { body });
  if (what === 'insert') return manager.save(manager.create(FuzzNote, { title, body }));
  return manager.upsert(FuzzNote, { title, body }, ['title']);
}

/** Answers whether what stood in it was taken back, undefined when that is unknown. */
async function savepoint(
  { body, end }: Extract<Statement, { do: 'savepoint' }>,
  context: StatementContext,
): Promise<boolean | undefined> {
  const { actor, session } = context;
  const undo = end === 'rollback';
  if (!session.manager) {
    if (!(await actor.other(() => session.query('SAVEPOINT here')))) return undefined;
    await runAll(body, context);
    const text = undo ? 'ROLLBACK TO SAVEPOINT here' : 'RELEASE SAVEPOINT here';
    return (await actor.other(() => session.query(text))) ? undo : undefined;
  }
  const asked = new Error('taken back');
  let outcome: unknown;
  await session.manager
    .transaction(async () => {
      await runAll(body, context);
      if (undo) throw asked;
    })
    .catch((error: unknown) => (outcome = error));
  if (outcome === undefined) return false;
  if (outcome === asked) return true;
  actor.failed(outcome);
  // TypeORM answers a SAVEPOINT that fails with a ROLLBACK of everything, after which statements are committed.
  actor.broken = true;
  return undefined;
}
