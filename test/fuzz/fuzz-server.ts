import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DatabaseRoles, enableRowLevelSecurity, setupDatabase } from '@parallax/tenant';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { serverAccount } from '../../src/database/embedded/account.js';
import { findBinaries } from '../../src/database/embedded/binaries.js';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/database/embedded/embedded-postgres.js';
import { run } from '../../src/database/embedded/run.js';
import type { Fault } from './program.js';
import { TENANT_COUNT } from './programs.js';
import type { SeenRow } from './row-model.js';

const DATABASE = 'fuzz';
export const FUZZ_TENANTS = Array.from(
  { length: TENANT_COUNT },
  (_, at) => `${at}0000000-0000-4000-8000-00000000000${at}`,
);
export const SEED_TITLES = ['seed 0', 'seed 1', 'seed 2'];
export const seedBody = (tenantId: string): string => `CANARY-${tenantId}`;

/** A server of its own, because programs stop it in the middle of what it does. */
export class FuzzServer {
  #admin: pg.Client | undefined;
  #plans = 0;
  /** Faults that did strike, by kind. */
  readonly faults: Record<Fault, number> = { kill: 0, cancel: 0, restart: 0, 'change plans': 0 };

  private constructor(
    private readonly server: EmbeddedPostgres,
    readonly tenantUrl: string,
    readonly roles: DatabaseRoles,
  ) {}

  static async start(): Promise<FuzzServer> {
    const server = await startEmbeddedPostgres({
      dataDir: mkdtempSync(join(tmpdir(), 'parallax-fuzz-')),
      durable: false,
      // What was acknowledged has to survive the server, if not the machine.
      settings: { synchronous_commit: 'on', autovacuum: 'off', max_connections: 60 },
    });
    const { tenantUrl, migrationUrl, roles } = await setupDatabase({
      adminUrl: server.adminUrl(),
      database: DATABASE,
      prefix: 'fuzz',
    });
    const started = new FuzzServer(server, tenantUrl, roles);
    await createTable(migrationUrl);
    await started.#query(`ALTER DATABASE ${DATABASE} SET lock_timeout = '1s'`);
    await started.#query(`ALTER DATABASE ${DATABASE} SET statement_timeout = '5s'`);
    return started;
  }

  async stop(): Promise<void> {
    await this.#admin?.end();
    await this.server.remove();
  }

  /** The rows each program starts from. */
  async reset(): Promise<void> {
    await this.#query('TRUNCATE fuzz_note');
    await this.#query(
      `INSERT INTO fuzz_note (tenant_id, title, body)
       SELECT tenant, title, 'CANARY-' || tenant FROM unnest($1::uuid[]) tenant, unnest($2::text[]) title`,
      [FUZZ_TENANTS, SEED_TITLES],
    );
  }

  async strike(fault: Fault, choice: number): Promise<void> {
    if (await this.#strike(fault, choice)) this.faults[fault] += 1;
  }

  /** The states of the connections of tenants' code, as the server has them. */
  async states(): Promise<{ pid: number; state: string }[]> {
    return await this.#query('SELECT pid, state FROM pg_stat_activity WHERE usename = $1', [
      this.roles.login,
    ]);
  }

  /** Ends what is left of a program, the statements nobody waits for as well. */
  async endConnections(): Promise<void> {
    for (;;) {
      await this.#query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [
        this.roles.login,
      ]);
      if ((await this.states()).length === 0) return;
    }
  }

  async rows(): Promise<SeenRow[]> {
    return await this.#query('SELECT tenant_id, title, body FROM fuzz_note');
  }

  async #strike(fault: Fault, choice: number): Promise<boolean> {
    switch (fault) {
      case 'kill':
        return await this.#hit('pg_terminate_backend', '', choice);
      case 'cancel':
        return await this.#hit('pg_cancel_backend', `AND state = 'active'`, choice);
      case 'restart':
        return await this.#restart();
      case 'change plans':
        return await this.#changePlans();
    }
  }

  async #hit(how: string, which: string, choice: number): Promise<boolean> {
    const hit = await this.#query(
      `SELECT ${how}(pid) FROM (
         SELECT pid, row_number() OVER (ORDER BY pid) AS at, count(*) OVER () AS of
         FROM pg_stat_activity WHERE usename = $1 ${which}) backends
       WHERE at = 1 + floor($2::float8 * of)`,
      [this.roles.login, choice],
    );
    return hit.length > 0;
  }

  /** As a crash: nobody is told, nothing is finished. */
  async #restart(): Promise<boolean> {
    await this.#admin?.end().catch(() => undefined);
    this.#admin = undefined;
    const account = serverAccount();
    const { pgCtl } = await findBinaries(account);
    const log = join(this.server.clusterDir, 'server.log');
    const args = ['restart', '-D', this.server.clusterDir, '-m', 'immediate', '-w', '-l', log];
    const { status } = await run(pgCtl, args, { account, output: 'ignore' });
    if (status !== 0) throw new Error('The server of the fuzz run did not restart.');
    return true;
  }

  /** A statement prepared before finds a column of another type. It waits for no transaction that was forgotten. */
  async #changePlans(): Promise<boolean> {
    const type = (this.#plans += 1) % 2 === 0 ? 'text' : 'varchar(200)';
    return await this.#query(`ALTER TABLE fuzz_note ALTER COLUMN body TYPE ${type}`).then(
      () => true,
      (error: unknown) => {
        if ((error as pg.DatabaseError).code === '55P03') return false;
        throw error;
      },
    );
  }

  /** Two tasks may restart the server at once, so that it is away once more for whoever just came back. */
  async #query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]> {
    for (let attempts = 100; ; attempts -= 1) {
      try {
        const admin = (this.#admin ??= await this.#connect());
        return (await admin.query<Row>(text, values)).rows;
      } catch (error) {
        const lost = !(error instanceof pg.DatabaseError) || /^57P|^08/.test(error.code ?? '');
        if (!lost || attempts === 0) throw error;
        this.#admin = undefined;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  async #connect(): Promise<pg.Client> {
    const admin = new pg.Client({ connectionString: this.server.adminUrl(DATABASE) });
    admin.on('error', () => undefined);
    await admin.connect();
    await admin.query(`SET lock_timeout = '50ms'`);
    return admin;
  }
}

async function createTable(ownerUrl: string): Promise<void> {
  const owner = await new DataSource({ type: 'postgres', url: ownerUrl }).initialize();
  const queryRunner = owner.createQueryRunner();
  await queryRunner.query(`
    CREATE TABLE fuzz_note (
      tenant_id uuid NOT NULL, id uuid NOT NULL DEFAULT gen_random_uuid(), title text NOT NULL, body text NOT NULL,
      PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, title)
    )`);
  await enableRowLevelSecurity(queryRunner, 'fuzz_note');
  await queryRunner.release();
  await owner.destroy();
}
