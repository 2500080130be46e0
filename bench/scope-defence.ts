import { randomBytes } from 'node:crypto';
import {
  createSignedScope,
  disableRowLevelSecurity,
  enableRowLevelSecurity,
  runWithTenantContext,
  setScopeKeys,
  TenantPool,
  type TenantPoolConfig,
} from '@parallax/tenant';
import { DataSource } from 'typeorm';
import { MANY, startDatabase, type TableSize, uuidOf } from './isolation/database.js';
import { openScope } from './isolation/open-scope.js';
import { Report } from './support/report.js';
import { alternate, median, ratioOf, type Round } from './support/rounds.js';

/**
 * What keeps injected SQL from naming another tenant: `set_config` revoked from the tenants' role, which costs nothing
 * per statement, or a proof that the policy verifies. Each with statements prepared and not, on one connection, beside
 * no statement but the scope's own.
 */

const quick = process.argv.includes('--quick');
const OPTIONS = { rounds: quick ? 3 : 11, millisecondsEach: quick ? 150 : 500, concurrency: 1 };
const SIGNED: TableSize = { ...MANY, table: 'signed_tenants' };
const KEY = randomBytes(48).toString('base64');

const report = new Report('scope-defence');

async function sign(ownerUrl: string): Promise<void> {
  const owner = await new DataSource({ type: 'postgres', url: ownerUrl }).initialize();
  const queryRunner = owner.createQueryRunner();
  await createSignedScope(queryRunner);
  await setScopeKeys(queryRunner, [KEY]);
  await disableRowLevelSecurity(queryRunner, SIGNED.table);
  await enableRowLevelSecurity(queryRunner, SIGNED.table);
  await queryRunner.release();
  await owner.destroy();
}

interface Reads {
  readonly byId: () => Promise<unknown>;
  readonly page: () => Promise<unknown>;
  readonly pool: TenantPool;
}

function readsOf(config: TenantPoolConfig, { table }: TableSize): Reads {
  const pool = new TenantPool({ max: 1, ...config });
  const tenants = Array.from({ length: 50 }, (_, at) => uuidOf(1 + at * 20));
  let at = 0;
  const ask = async (text: string, more: unknown[], rows: number): Promise<void> => {
    const tenantId = tenants[(at = (at + 1) % tenants.length)] ?? '';
    const { rowCount } = await runWithTenantContext({ tenantId }, () =>
      pool.query(text, [tenantId, ...more]),
    );
    if (rowCount !== rows) throw new Error(`${rowCount} rows of ${table}, expected ${rows}.`);
  };
  return {
    byId: () => ask(`SELECT * FROM ${table} WHERE tenant_id = $1 AND id = $2`, [uuidOf(3)], 1),
    page: () => ask(`SELECT * FROM ${table} WHERE tenant_id = $1 ORDER BY id LIMIT 20`, [], MANY.rowsEach),
    pool,
  };
}

async function main(): Promise<void> {
  const database = await startDatabase([MANY, SIGNED]);
  const closeScope = await openScope(Array.from({ length: 50 }, (_, at) => uuidOf(1 + at * 20)));
  await sign(database.ownerUrl);
  const connectionString = database.tenantUrl;
  const plain = { connectionString, preparedStatements: false };
  const reads = {
    revoked: readsOf({ connectionString }, MANY),
    signed: readsOf({ connectionString, scopeKey: KEY }, SIGNED),
    'revoked, not prepared': readsOf(plain, MANY),
    'signed, not prepared': readsOf({ ...plain, scopeKey: KEY }, SIGNED),
  };
  try {
    for (const name of ['server_version', 'fsync']) report.figure(name, await database.setting(name));
    report.figure(
      'rounds',
      `${OPTIONS.rounds} of ${OPTIONS.millisecondsEach} ms each, medians, one connection`,
    );
    for (const what of ['byId', 'page'] as const) {
      const requests = Object.entries(reads).map(([name, read]) => [name, read[what]] as const);
      const measured: Record<string, Round[]> = await alternate(Object.fromEntries(requests), OPTIONS);
      const { revoked = [] } = measured;
      for (const [name, rounds] of Object.entries(measured)) {
        report.figure(`p50 ${what}, ${name}`, median(rounds.map(({ p50 }) => p50)) * 1_000, 'us');
        if (rounds === revoked) continue;
        const [ours, theirs] = [revoked, rounds].map((each) =>
          Math.round(median(each.map(({ rate }) => rate))),
        );
        report.ratio(`revoked/${name} ${what}`, ratioOf(revoked, rounds), `${ours} and ${theirs} requests/s`);
      }
    }
  } finally {
    for (const { pool } of Object.values(reads)) await pool.end();
    await closeScope();
    await database.stop();
  }
  report.end();
}

void main();
