import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspectIsolation } from '@parallax/tenant';
import { type AdoptDatabase, createAdoptDatabase, inTenant, queryAs } from '../../support/adopt-database.js';
import { LIBRARY } from '../../support/adopt-library.js';
import { runTenancy } from '../../support/run-tenancy.js';

const RUNBOOK = readFileSync(join(__dirname, '../../../docs/adopting.md'), 'utf8');

/** The code blocks of the runbook, each by its language. */
function blocks(language: string): string[] {
  return [...RUNBOOK.matchAll(/^[ ]*```(\w*)\n([^]*?)^[ ]*```$/gm)]
    .filter(([, of]) => of === language)
    .map(([, , text]) => text ?? '');
}

describe('the runbook of docs/adopting.md', () => {
  let shop: AdoptDatabase;
  const adopter = `adopter_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  let adopterUrl: string;

  beforeAll(async () => {
    shop = await createAdoptDatabase();
    await shop.admin.query(`CREATE ROLE ${adopter} LOGIN PASSWORD '${password}'`);
    await shop.admin.query(`GRANT CONNECT ON DATABASE ${shop.database.name} TO ${adopter}`);
    await shop.admin.query(`REVOKE CONNECT ON DATABASE ${shop.database.name} FROM ${shop.formerRole}`);
    const url = new URL(shop.database.urls.admin);
    [url.username, url.password] = [adopter, password];
    adopterUrl = url.href;
  });
  afterAll(async () => {
    await shop.admin.query(`REVOKE SET ON PARAMETER session_replication_role FROM ${adopter}`);
    await shop.admin.query(`DROP OWNED BY ${adopter}; DROP ROLE ${adopter}`);
    await shop.drop();
  });

  const substituted = (text: string): string =>
    text
      .replaceAll('DATABASE app', `DATABASE ${shop.database.name}`)
      .replaceAll('old_app', shop.formerRole)
      .replaceAll('adopter', adopter)
      .replaceAll('parallax_', `${shop.database.prefix}_`);
  const run = async (command: string) =>
    runTenancy([...command.trim().split(/\s+/).slice(2), '--prefix', shop.database.prefix], {
      ADMIN_DATABASE_URL: adopterUrl,
    });
  const commands = blocks('bash')
    .flatMap((block) => block.split('\n'))
    .filter((line) => line.startsWith('npx tenancy adopt'));

  it('prepares the roles, and names every right that is still missing', async () => {
    const [former, administrator] = blocks('sql').map(substituted);
    await expect(queryAs(shop.formerUrl, 'SELECT')).rejects.toThrow(/permission denied for database/);
    await shop.admin.query(former as string);
    await queryAs(shop.formerUrl, LIBRARY);

    const refused = await run(commands[0] as string);
    expect({ code: refused.code, out: refused.out }).toEqual({ code: 1, out: '' });
    const { owner, tenantApp } = shop.database.roles;
    for (const missing of [
      ...[shop.formerRole, owner, tenantApp].map((role) => `GRANT ${role} TO ${adopter};`),
      `GRANT CREATE ON SCHEMA shop TO ${owner};`,
      `GRANT SET ON PARAMETER session_replication_role TO ${adopter};`,
      `ALTER ROLE ${adopter} BYPASSRLS;`,
    ]) {
      expect(refused.err).toContain(missing);
    }
    await shop.admin.query(administrator as string);
  });

  it('runs from the plan to the end, back and forth, as an administrator who is no superuser', async () => {
    const shown: string[] = [];
    for (const command of commands) {
      const { code, out, err } = await run(command);
      expect({ command, code, err: code === 0 ? '' : err + out }).toEqual({ command, code: 0, err: '' });
      shown.push(out);
    }
    expect(commands.map((command) => command.split(/\s+/)[3])).toEqual([
      'plan',
      'apply',
      'revert',
      'apply',
      'verify',
    ]);
    expect(shown[0]).toMatch(/function shop\.latest_loan\(\): it is SECURITY DEFINER/);
    expect(shown.at(-1)).toMatch(/All \d+ checks hold/);
  }, 120_000);

  it('leaves a database in which the doctor finds no error but what the plan has named', async () => {
    await shop.admin.query('ALTER VIEW shop.loans_by_book SET (security_invoker = true)');
    await shop.admin.query(`GRANT SELECT ON shop.loans_by_book TO ${shop.database.roles.tenantApp}`);
    await shop.admin.query('ALTER FUNCTION shop.latest_loan() SECURITY INVOKER');
    const { findings } = await inspectIsolation(shop.admin, { roles: shop.database.roles });
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  it('keeps two tenants apart in it', async () => {
    const counts = `SELECT (SELECT count(*) FROM shop.book)::int AS books, (SELECT count(*) FROM shop.loan)::int AS loans,
      (SELECT count(*) FROM shop.loans_by_book)::int AS view`;
    expect(await inTenant(shop, shop.acme, counts)).toEqual([{ books: 300, loans: 500, view: 300 }]);
    expect(await inTenant(shop, shop.other, counts)).toEqual([{ books: 0, loans: 0, view: 0 }]);
    const insert = `INSERT INTO shop.book (book_id, title) VALUES (1, 'Mine') RETURNING search::text`;
    expect(await inTenant(shop, shop.other, insert)).toEqual([{ search: "'mine':1" }]);
    await inTenant(shop, shop.acme, `INSERT INTO shop.book (title) VALUES ('Next')`);
    await expect(
      inTenant(shop, shop.other, `INSERT INTO shop.loan (book_id, since) VALUES (2, now())`),
    ).rejects.toMatchObject({ code: '23503' });
    await inTenant(shop, shop.other, `INSERT INTO shop.loan (book_id, since) VALUES (1, now())`);
  });
});
