import { setImmediate as tick, setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { DataSource } from 'typeorm';
import { inScopeOf } from '../support/notes.js';
import { Actor } from './actor.js';
import { FUZZ_TENANTS, type FuzzServer, SEED_TITLES, seedBody } from './fuzz-server.js';
import { Outcome } from './outcome.js';
import { describeTask, type Program, type Task, type Work } from './program.js';
import { RowModel } from './row-model.js';
import {
  clientSession,
  connectCallbackSession,
  managerSession,
  poolCallbackSession,
  poolSession,
} from './session.js';
import { READ, type Session } from './session.js';
import { runAll, runStatement, type StatementContext } from './statements.js';
import { WatchedPool } from './watched-pool.js';

/** Longer than everything that ends by itself: statements, waiting for locks and for connections. */
const STUCK_MS = 20_000;
const CHECKOUT_MS = 500;

export interface ProgramSetting {
  readonly server: FuzzServer;
  /** Whose pool is exchanged for one of the program's own. */
  readonly dataSource: DataSource;
  readonly makePool: (config: pg.PoolConfig) => pg.Pool;
}

/** Runs a program from the start state, and judges every read in it, and what is left at the end. */
export async function runProgram(program: Program, setting: ProgramSetting): Promise<Outcome> {
  const run = new ProgramRun(program, setting);
  await setting.server.reset();
  return run.toTheEnd();
}

type LeaseWork = Extract<Work, { giveBack: unknown }>;

/** A connection in the hands of a task. */
interface Lease {
  readonly session: Session;
  begin(): Promise<unknown>;
  end(how: 'commit' | 'rollback'): Promise<unknown>;
  release(): void | Promise<void>;
}

class ProgramRun {
  readonly #outcome = new Outcome();
  readonly #model = new RowModel(FUZZ_TENANTS, SEED_TITLES, seedBody);
  readonly #pool: WatchedPool;
  readonly #unawaited: Promise<unknown>[] = [];
  readonly #running = new Set<Task>();

  constructor(
    private readonly program: Program,
    private readonly setting: ProgramSetting,
  ) {
    const { poolSize, queryTimeout } = program;
    const pool = setting.makePool({
      connectionString: setting.server.tenantUrl,
      max: poolSize,
      connectionTimeoutMillis: CHECKOUT_MS,
      ...(queryTimeout !== null && { query_timeout: queryTimeout }),
    });
    this.#pool = new WatchedPool(pool, setting.server, this.#outcome);
    Object.assign(setting.dataSource.driver, { master: pool });
  }

  async toTheEnd(): Promise<Outcome> {
    for (const round of this.program.rounds) {
      const tasks = round.map((task) => ({ task, done: this.#started(task) }));
      this.#unawaited.push(...tasks.filter(({ task }) => task.detached).map(({ done }) => done));
      await this.#settled(tasks.filter(({ task }) => !task.detached).map(({ done }) => done));
    }
    await this.#settled(this.#unawaited);
    await this.#pool.inspect();
    await this.#pool.close();
    await this.setting.server.endConnections();
    this.#outcome.findings.push(...this.#model.judgeEnd(await this.setting.server.rows()));
    return this.#outcome;
  }

  async #settled(tasks: readonly Promise<unknown>[]): Promise<void> {
    const patience = new AbortController();
    const stuck = sleep(STUCK_MS, 'stuck', { signal: patience.signal }).catch(() => undefined);
    if ((await Promise.race([Promise.all(tasks), stuck])) === 'stuck') {
      const what = [...this.#running].map((task) => describeTask(task).trim()).join('\n  ');
      this.#outcome.findings.push({ kind: 'stuck', what: `after ${STUCK_MS} ms: ${what}` });
    }
    patience.abort();
  }

  async #started(task: Task): Promise<void> {
    this.#running.add(task);
    await this.#run(task);
    this.#running.delete(task);
  }

  #run({ tenant, work }: Task): Promise<void> {
    if (work.on === 'server') return this.setting.server.strike(work.fault, work.choice);
    const tenantId = tenant === null ? null : FUZZ_TENANTS[tenant]!;
    const actor = new Actor(tenantId, this.#model, this.#outcome);
    const act = (): Promise<void> => this.#act(work, actor);
    return tenantId === null ? act() : inScopeOf(tenantId, act);
  }

  #act(work: Exclude<Work, { on: 'server' }>, actor: Actor): Promise<void> {
    const pool = this.#pool.pool;
    switch (work.on) {
      case 'pool':
        return runStatement(work.statement, this.#context(poolSession(pool), actor));
      case 'pool callback':
        return runStatement(work.statement, this.#context(poolCallbackSession(pool), actor));
      case 'connect callback':
        return runStatement(work.statement, this.#context(connectCallbackSession(pool), actor));
      case 'data source':
        return runStatement(
          work.statement,
          this.#context(managerSession(this.setting.dataSource.manager), actor),
        );
      case 'transaction':
        return this.#transaction(work, actor);
      case 'client':
      case 'query runner':
        return this.#lease(work, actor);
    }
  }

  #context(session: Session, actor: Actor): StatementContext {
    return {
      session,
      actor,
      model: this.#model,
      outcome: this.#outcome,
      tenantId: (number) => FUZZ_TENANTS[number]!,
      inScopeOf,
    };
  }

  async #transaction(work: Extract<Work, { on: 'transaction' }>, actor: Actor): Promise<void> {
    const asked = new Error('rolled back');
    const reached = { commit: false };
    try {
      await this.setting.dataSource.transaction(async (manager) => {
        actor.begun();
        await runAll(work.body, this.#context(managerSession(manager), actor));
        if (work.end === 'throw' || actor.broken) throw asked;
        reached.commit = true;
        actor.committing();
      });
      actor.committed();
    } catch (error) {
      if (reached.commit) actor.lost();
      else actor.rolledBack();
      if (error !== asked) this.#outcome.failed(error);
    }
  }

  async #lease(work: LeaseWork, actor: Actor): Promise<void> {
    const taken = work.on === 'client' ? this.#client() : this.#queryRunner();
    const lease = await taken.catch((error: unknown) => {
      this.#outcome.failed(error);
      return undefined;
    });
    if (!lease) return;
    const { session } = lease;
    const context = this.#context(session, actor);
    if (!work.begin || (await this.#begin(lease, actor))) await runAll(work.body, context);
    if (actor.inTransaction && work.end !== 'nothing' && !actor.broken)
      await this.#end(work.end, lease, actor);
    await this.#giveBack(work, lease, actor);
  }

  async #begin(lease: Lease, actor: Actor): Promise<boolean> {
    const begun = await actor.other(() => lease.begin());
    if (begun) actor.begun();
    return begun;
  }

  async #end(how: 'commit' | 'rollback', lease: Lease, actor: Actor): Promise<void> {
    if (how === 'commit') actor.committing();
    const done = await actor.other(() => lease.end(how));
    if (how === 'rollback') actor.rolledBack();
    else if (done) actor.committed();
    else actor.lost();
  }

  async #giveBack({ giveBack }: LeaseWork, lease: Lease, actor: Actor): Promise<void> {
    const { session } = lease;
    if (giveBack === 'busy') {
      const text = `${READ}, pg_sleep(0.02)`;
      this.#unawaited.push(actor.read(async () => (await session.query(text)).rows));
    }
    // Open until it ends with its connection: only then is nothing committed for certain.
    if (giveBack === 'never') return;
    const release = async (): Promise<void> => lease.release();
    await release().catch((error: unknown) => this.#outcome.failed(error));
    if (actor.inTransaction) actor.rolledBack();
    if (giveBack !== 'twice') return;
    await tick();
    await actor.read(async () => (await session.query(READ)).rows);
    await release().catch((error: unknown) => this.#outcome.failed(error));
  }

  async #client(): Promise<Lease> {
    const client = await this.#pool.pool.connect();
    // Of this lease: by the second time `client.release` may be the next one's, in any pool of pg.
    const release = client.release.bind(client);
    return {
      session: clientSession(client),
      begin: () => client.query('BEGIN'),
      end: (how) => client.query(how.toUpperCase()),
      release: () => release(),
    };
  }

  async #queryRunner(): Promise<Lease> {
    const runner = this.setting.dataSource.createQueryRunner();
    await runner.connect();
    return {
      session: managerSession(runner.manager),
      begin: () => runner.startTransaction(),
      end: (how) => (how === 'commit' ? runner.commitTransaction() : runner.rollbackTransaction()),
      release: () => runner.release(),
    };
  }
}
