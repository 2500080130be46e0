import { TenantPool } from '@parallax/tenant';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { A, B, createNotes, inScopeOf, NOTES_EACH } from '../../support/notes.js';
import { WireRecorder } from '../../support/wire-recorder.js';

const READ = 'SELECT tenant_id FROM note';
const EXECUTED = ['Parse', 'Bind', 'Execute'];

/**
 * Citus itself cannot be had from npm or Debian. What is checked is what is sent: on Citus 13 the settings reach the
 * workers when they are SET LOCAL in a transaction block with `citus.propagate_set_commands = 'local'`, and not by
 * set_config. A server without the extension takes that setting as any other, so it answers as Citus would.
 */
describe('The scoped client for Citus', () => {
  let database: TestDatabase;
  let pool: TenantPool;
  let client: pg.PoolClient;
  let wire: WireRecorder;

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false });
    await createNotes(database);
    await database.query(`GRANT EXECUTE ON FUNCTION pg_prepared_statement() TO ${database.roles.login}`);
    await database.query(
      'ALTER TABLE note ADD COLUMN place integer, ADD UNIQUE (tenant_id, place) DEFERRABLE INITIALLY DEFERRED',
    );
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    pool = new TenantPool({ connectionString: database.urls.tenant, max: 1, engine: 'citus' });
    client = await inScopeOf(A, () => pool.connect());
    wire = new WireRecorder(client);
  });
  afterEach(async () => {
    client.release();
    await pool.end();
  });

  const ask = <Row extends pg.QueryResultRow>(text: string, values?: unknown[]) =>
    inScopeOf(A, () => client.query<Row>(text, values));
  const pastTheGuard = async (text: string): Promise<unknown[]> =>
    (await (Reflect.apply(pg.Client.prototype.query, client, [text]) as Promise<pg.QueryResult>)).rows;
  /** What is on the connection. */
  const leftOver = async (): Promise<unknown> => {
    const text = `SELECT current_user::text AS role, current_setting('app.tenant_id', true) AS tenant`;
    const [row] = await pastTheGuard(text);
    return row;
  };
  const nothing = () => ({ role: database.roles.login, tenant: '' });

  it('sends BEGIN, the settings, the statement and COMMIT in one write, and answers with the statement’s rows', async () => {
    const { rows, command } = await ask('SELECT tenant_id FROM note WHERE title <> $1', ['x']);
    expect(rows).toEqual(Array(NOTES_EACH).fill({ tenant_id: A }));
    expect(command).toBe('SELECT');
    expect(wire.take()).toEqual([
      [
        ...[...EXECUTED, ...EXECUTED, ...EXECUTED, ...EXECUTED],
        ...['Close', 'Parse', 'Bind', 'Describe', 'Execute'],
        ...[...EXECUTED, 'Sync'],
      ],
    ]);
    expect(wire.texts.map((text) => text.replace(/\s+/g, ' '))).toEqual([
      expect.stringContaining('BEGIN'),
      expect.stringContaining("SET LOCAL citus.propagate_set_commands = 'local'"),
      expect.stringContaining(`SET LOCAL ROLE "${database.roles.tenantApp}"`),
      expect.stringContaining(`SET LOCAL app.tenant_id = '${A}'`),
      expect.stringContaining('SELECT tenant_id FROM note WHERE title <> $1'),
      expect.stringContaining('COMMIT'),
    ]);
    expect(await leftOver()).toEqual(nothing());
  });

  it('gives a name to the statement alone, not to what differs by tenant', async () => {
    await ask(READ);
    await ask(READ);
    const rows = await pastTheGuard('SELECT statement FROM pg_prepared_statements');
    expect(rows).toEqual([{ statement: READ }]);
  });

  it('opens a transaction with the settings in one message', async () => {
    await ask('START TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    expect(wire.take()).toEqual([['Query']]);
    expect(wire.texts[0]).toBe(
      "START TRANSACTION ISOLATION LEVEL REPEATABLE READ; SET LOCAL citus.propagate_set_commands = 'local'; " +
        `SET LOCAL ROLE "${database.roles.tenantApp}"; SET LOCAL app.tenant_id = '${A}'`,
    );
    expect((await ask(READ)).rowCount).toBe(NOTES_EACH);
    await ask('COMMIT');
    expect(await leftOver()).toEqual(nothing());
  });

  it('rolls back after an error of the statement, before anybody is told', async () => {
    await expect(ask('SELECT 1 / 0 FROM note')).rejects.toMatchObject({ code: '22012' });
    expect(wire.take().map((turn) => turn.at(-1))).toEqual(['Sync', 'Query']);
    expect(wire.texts.at(-1)).toBe('ROLLBACK');
    expect(client.getTransactionStatus()).toBe('I');
    expect(await leftOver()).toEqual(nothing());
    expect((await ask(READ)).rowCount).toBe(NOTES_EACH);
  });

  it('rolls back before what waits behind the statement is sent', async () => {
    const failing = ask('SELECT 1 / 0 FROM note');
    const waiting = ask(READ);
    await expect(failing).rejects.toMatchObject({ code: '22012' });
    expect((await waiting).rowCount).toBe(NOTES_EACH);
  });

  it('tells an error of the COMMIT, which needs no way back', async () => {
    const insert = `INSERT INTO note (title, place) VALUES ('one', 1), ('two', 1)`;
    await expect(ask(insert)).rejects.toMatchObject({ code: '23505' });
    expect(wire.take()).toHaveLength(1);
    expect(client.getTransactionStatus()).toBe('I');
    expect((await ask(READ)).rowCount).toBe(NOTES_EACH);
  });

  it('commits what it writes, for its tenant', async () => {
    await ask(`INSERT INTO note (title) VALUES ('new')`);
    const rows = await database.query(`SELECT tenant_id FROM note WHERE title = 'new'`);
    expect(rows).toEqual([{ tenant_id: A }]);
    await ask(`DELETE FROM note WHERE title = 'new'`);
  });

  it('prepares anew, in a transaction anew, what a change of tables made stale', async () => {
    const read = 'SELECT * FROM note ORDER BY id';
    await ask(read);
    await database.query('ALTER TABLE note ADD COLUMN later integer');
    expect((await ask(read)).fields.map(({ name }) => name)).toContain('later');
    expect(client.getTransactionStatus()).toBe('I');
  });

  it('tells a connection that is lost under the statement', async () => {
    const waiting = ask('SELECT pg_sleep(30)').catch((error: unknown) => error);
    const { processID } = client as unknown as { processID: number };
    await database.query('SELECT pg_sleep(0.2)');
    await database.query('SELECT pg_terminate_backend($1)', [processID]);
    expect(await waiting).toMatchObject({ message: expect.stringMatching(/terminat/i) as string });
    await expect(ask(READ)).rejects.toThrow();
  });

  it('keeps tenants apart as always', async () => {
    await expect(inScopeOf(B, () => client.query(READ))).rejects.toMatchObject({
      code: 'TENANT_SCOPE_MISMATCH',
    });
    client.release();
    const { rows } = await inScopeOf(B, () => pool.query(READ));
    expect(rows).toEqual(Array(NOTES_EACH).fill({ tenant_id: B }));
    client = await inScopeOf(A, () => pool.connect());
  });

  it('cannot sign the scope', async () => {
    const signed = new TenantPool({
      connectionString: database.urls.tenant,
      engine: 'citus',
      scopeKey: 'a key that is as long as it has to be',
    });
    await expect(inScopeOf(A, () => signed.query(READ))).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining('Citus takes no policy with a sub-select') as string,
    });
    await signed.end();
  });
});
