import { createHmac, randomBytes } from 'node:crypto';
import pg from 'pg';
import { DataSource } from 'typeorm';
import {
  createSignedScope,
  disableRowLevelSecurity,
  dropSignedScope,
  enableRowLevelSecurity,
  setScopeKeys,
} from '@parallax/tenant';
import { A, B, DENIED, RlsDatabase, control, login, platform, tenantApp, type Who } from './rls-database.js';

const KEY = randomBytes(48).toString('base64');
const REFUSED = { code: '28000' };
const LATER = 4_000_000_000;

function proofOf(
  tenant: string,
  { expiry = LATER, key = KEY }: { expiry?: number; key?: string | Buffer } = {},
): string {
  const mac = createHmac('sha256', key).update(`parallax:scope:v1:${tenant}:${expiry}`).digest('hex');
  return `${expiry}.${mac}`;
}

describe('A signed scope, in the database', () => {
  let rls: RlsDatabase;
  const read = 'SELECT tenant_id FROM author';

  const as = (proof: string | undefined, tenant = A): Who => ({
    ...tenantApp(),
    settings: { 'app.tenant_id': tenant, ...(proof !== undefined && { 'app.tenant_proof': proof }) },
  });
  const policies = async (): Promise<string[]> =>
    (
      await rls.database.query<{ policy: string }>(
        `SELECT polrelid::regclass || ' ' || polname || ' ' || pg_get_expr(polqual, polrelid) AS policy FROM pg_policy ORDER BY 1`,
      )
    ).map(({ policy }) => policy);

  let unsigned: string[];
  beforeAll(async () => {
    rls = await RlsDatabase.create();
    unsigned = await policies();
    await createSignedScope(rls.queryRunner);
    for (const [table, tenancy] of [
      ['author', 'scoped'],
      ['book', 'scoped'],
      ['template', 'mixed'],
    ] as const) {
      await disableRowLevelSecurity(rls.queryRunner, table, { tenancy });
      await enableRowLevelSecurity(rls.queryRunner, table, { tenancy });
    }
  });
  beforeEach(() => setScopeKeys(rls.queryRunner, [KEY]));
  afterAll(() => rls.drop());

  it("shows a tenant's rows to who has its proof", async () => {
    expect(await rls.tenantsIn(as(proofOf(A)))).toEqual([A]);
    expect(await rls.tenantsIn(as(proofOf(B), B))).toEqual([B]);
    expect(await rls.tenantsIn(as(proofOf(A)), 'template')).toEqual([A, null]);
  });

  it('takes rows of that tenant, stamped when they name none', async () => {
    const insert = (values: string): Promise<pg.QueryResult> =>
      rls.as(as(proofOf(A)), `INSERT INTO author ${values} RETURNING tenant_id`);
    expect((await insert(`(name) VALUES ('x')`)).rows).toEqual([{ tenant_id: A }]);
    await expect(insert(`(tenant_id, name) VALUES ('${B}', 'x')`)).rejects.toMatchObject(DENIED);
  });

  it.each([
    ['none', undefined],
    ['an empty one', ''],
    ["another tenant's", proofOf(B)],
    ['one that has expired', proofOf(A, { expiry: 1_000_000_000 })],
    ['one of another key', proofOf(A, { key: 'another' })],
    ['one whose expiry was put off', proofOf(A, { expiry: 1_000_000_000 }).replace(/^\d+/, String(LATER))],
    ['one with a sign', proofOf(A).replace(/^/, '+')],
    ['upper case', proofOf(A).toUpperCase()],
    ['half of one', proofOf(A).slice(0, -32)],
    ['no expiry', proofOf(A).replace(/^\d+\./, '')],
  ])('refuses a proof that is %s, to read and to write', async (_, proof) => {
    for (const statement of [read, `UPDATE author SET name = 'x'`, `INSERT INTO author (name) VALUES ('x')`])
      await expect(rls.as(as(proof), statement)).rejects.toMatchObject(REFUSED);
    await expect(rls.as(as(proofOf(A)), read)).resolves.toMatchObject({ rowCount: 1 });
  });

  it('refuses an id that is not canonical, though it is signed', async () => {
    const bare = A.replaceAll('-', '');
    await expect(rls.as(as(proofOf(bare), bare), read)).rejects.toMatchObject(REFUSED);
  });

  it('refuses who switches to another tenant within the statement', async () => {
    const switched = rls.as(as(proofOf(A)), `SET LOCAL app.tenant_id = '${B}'`, read);
    await expect(switched).rejects.toMatchObject(REFUSED);
  });

  it('judges the expiry by when the transaction began', async () => {
    const client = new pg.Client({ connectionString: rls.database.urls.tenant });
    await client.connect();
    const begin = (): Promise<unknown> =>
      client.query(`BEGIN; SET LOCAL ROLE ${rls.database.roles.tenantApp}; SET LOCAL app.tenant_id = '${A}'`);
    const prove = (expiry: number): Promise<unknown> =>
      client.query(`SET LOCAL app.tenant_proof = '${proofOf(A, { expiry })}'`);
    try {
      await begin();
      const { rows } = await client.query<{ second: number }>(
        'SELECT floor(extract(epoch FROM transaction_timestamp()))::int AS second',
      );
      const { second } = rows[0]!;
      await prove(second + 1);
      await client.query('SELECT pg_sleep_until(to_timestamp($1))', [second + 2]);
      expect((await client.query(read)).rowCount).toBe(1);
      await prove(second);
      await expect(client.query(read)).rejects.toMatchObject(REFUSED);

      await client.query('ROLLBACK');
      await begin();
      await prove(second + 1);
      await expect(client.query(read)).rejects.toMatchObject(REFUSED);
    } finally {
      await client.end();
    }
  });

  it('takes every key that is set, of any length, and no other', async () => {
    const keys = [KEY, randomBytes(64), randomBytes(200)];
    await setScopeKeys(rls.queryRunner, keys);
    for (const key of keys) expect(await rls.tenantsIn(as(proofOf(A, { key })))).toEqual([A]);
    await setScopeKeys(rls.queryRunner, [keys[2]!]);
    expect(await rls.tenantsIn(as(proofOf(A, { key: keys[2]! })))).toEqual([A]);
    await expect(rls.as(as(proofOf(A)), read)).rejects.toMatchObject(REFUSED);
  });

  it.each([[[]], [['short']], [['a', 'b', 'c', 'd'].map((of) => of.repeat(32))]])(
    'is not given keys such as %j',
    async (keys) => {
      await expect(setScopeKeys(rls.queryRunner, keys)).rejects.toThrow(/key/);
      expect(await rls.tenantsIn(as(proofOf(A)))).toEqual([A]);
    },
  );

  const setWith = async (settings: Readonly<Record<string, string>>): Promise<void> => {
    const { name, roles } = rls.database;
    const owner = `ALTER ROLE ${roles.owner} IN DATABASE ${name}`;
    for (const [setting, value] of Object.entries(settings))
      await rls.database.query(`${owner} SET ${setting} = ${value}`);
    const dataSource = new DataSource({ type: 'postgres', url: rls.database.urls.migration });
    try {
      await dataSource.initialize();
      await setScopeKeys(dataSource.createQueryRunner(), [KEY]);
    } finally {
      await dataSource.destroy();
      await rls.database.query(`${owner} RESET ALL`);
    }
  };

  it.each([
    ['log_statement', 'mod'],
    ['log_min_duration_statement', '0'],
    ['log_min_duration_statement', '1000'],
    ['log_min_duration_sample', '1000'],
    ['log_transaction_sample_rate', '0.01'],
  ])('is not given a key by a server that could log it: %s = %s', async (setting, value) => {
    const logging = { [setting]: value };
    await expect(setWith(logging)).rejects.toThrow(/ SET log_parameter_max_length = 0\.$/);
    await expect(setWith({ ...logging, log_parameter_max_length: '0' })).resolves.toBeUndefined();
  });

  it('is not given a key by a server that would log it with an error', async () => {
    await expect(setWith({ log_parameter_max_length_on_error: '-1' })).rejects.toThrow(
      / SET log_parameter_max_length_on_error = 0\.$/,
    );
    await expect(
      setWith({ log_statement: 'ddl', log_min_duration_statement: '-1' }),
    ).resolves.toBeUndefined();
  });

  it.each([
    ['tenants', tenantApp(A)],
    ['the login', login],
    ['the control plane', control],
    ["the platform's readers", platform('platformReader', [A])],
    ["the platform's writers", platform('platformWriter', [A])],
  ])('shows its keys not to %s', async (_, who) => {
    for (const statement of ['SELECT FROM tenant_scope_keys', 'DELETE FROM tenant_scope_keys'])
      await expect(rls.as(who, statement)).rejects.toMatchObject(DENIED);
  });

  it('is asked by tenants only', async () => {
    const ask = 'SELECT public.tenant_scope() AS tenant';
    for (const who of [login, control]) await expect(rls.as(who, ask)).rejects.toMatchObject(DENIED);
    expect((await rls.as(as(proofOf(A)), ask)).rows).toEqual([{ tenant: A }]);
  });

  it('is taken back whole', async () => {
    const signed = await policies();
    expect(signed.filter((policy) => policy.includes('tenant_scope'))).toHaveLength(3);
    await rls.queryRunner.startTransaction();
    try {
      await dropSignedScope(rls.queryRunner);
      const left = (await rls.queryRunner.query(
        `SELECT polrelid::regclass || ' ' || polname || ' ' || pg_get_expr(polqual, polrelid) AS policy FROM pg_policy ORDER BY 1`,
      )) as { policy: string }[];
      expect(left.map(({ policy }) => policy)).toEqual(unsigned);
    } finally {
      await rls.queryRunner.rollbackTransaction();
    }
    expect(await policies()).toEqual(signed);
  });
});
