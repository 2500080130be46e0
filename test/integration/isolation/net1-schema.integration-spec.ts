import { DataSource } from 'typeorm';
import { TenantSchemaDataSource } from '../../../src/tenant/isolation/orm/tenant-schema-data-source.js';
import { openNet1, SAME_ID, type Net1 } from './net1-database.js';
import { Doc, ENTITIES, Folder, Template } from './net1-entities.js';

describe(TenantSchemaDataSource.name, () => {
  let net1: Net1;
  let schema: TenantSchemaDataSource;

  beforeAll(async () => {
    net1 = await openNet1();
    await net1.reset();
    schema = new TenantSchemaDataSource({
      type: 'postgres',
      url: net1.database.urls.admin,
      entities: ENTITIES,
    });
    await schema.initialize();
  });
  afterAll(async () => {
    await schema.destroy();
    await net1.close();
  });

  const planned = async (dataSource: DataSource): Promise<string[]> =>
    (await dataSource.driver.createSchemaBuilder().log()).upQueries.map(({ query }) => query);

  const constraints = async (table: string): Promise<string[]> => {
    const rows = await net1.database.query<{ definition: string }>(
      `SELECT pg_get_constraintdef(oid) AS definition FROM pg_constraint
        WHERE conrelid = $1::regclass AND contype IN ('p', 'u', 'f') ORDER BY 1`,
      [table],
    );
    return rows.map(({ definition }) => definition);
  };

  it('makes keys lead with the tenant', async () => {
    expect(await constraints('doc')).toEqual([
      'FOREIGN KEY (tenant_id, folder_id) REFERENCES folder(tenant_id, id)',
      'PRIMARY KEY (tenant_id, id)',
      'UNIQUE (tenant_id, slug)',
    ]);
    expect(await constraints('badge')).toEqual([
      'FOREIGN KEY (tenant_id, folder_id) REFERENCES folder(tenant_id, id)',
      'PRIMARY KEY (tenant_id, id)',
      'UNIQUE (tenant_id, folder_id)',
    ]);
    expect(await constraints('topic')).toEqual([
      'FOREIGN KEY (tenant_id, parent_id) REFERENCES topic(tenant_id, id)',
      'PRIMARY KEY (tenant_id, id)',
    ]);
  });

  it('references shared rows by the id alone', async () => {
    expect(await constraints('folder')).toContain('FOREIGN KEY (country_id) REFERENCES country(id)');
  });

  it('leaves the primary key of a mixed entity alone, whose tenant may be null', async () => {
    expect(await constraints('template')).toEqual(['PRIMARY KEY (id)', 'UNIQUE (tenant_id, name)']);
  });

  it('plans nothing for the schema it made', async () => {
    expect(await planned(schema)).toEqual([]);
  });

  it('plans to keep the default that row-level security gives to the tenant column', async () => {
    const alter = (action: string) => net1.database.query(`ALTER TABLE doc ALTER COLUMN tenant_id ${action}`);
    await alter(`SET DEFAULT current_setting('app.tenant_id')::uuid`);
    expect(await planned(schema)).toEqual([]);
    await alter(`SET DEFAULT gen_random_uuid()`);
    expect(await planned(schema)).not.toEqual([]);
    await alter('DROP DEFAULT');
  });

  it('is per data source: a plain one still plans single keys', async () => {
    const plain = new DataSource({ type: 'postgres', url: net1.database.urls.admin, entities: ENTITIES });
    await plain.initialize();
    try {
      expect((await planned(plain)).join()).toContain('DROP CONSTRAINT');
      expect(plain.getMetadata(Doc).primaryColumns).toHaveLength(1);
    } finally {
      await plain.destroy();
    }
  });

  it('tells apart rows of two tenants that have the same id', async () => {
    const found = await schema.getRepository(Doc).findBy({ id: SAME_ID });
    expect(found.map(({ title }) => title).sort()).toEqual(['CANARY-A same', 'CANARY-B same']);
  });

  it('joins related rows of the same tenant only', async () => {
    await net1.database.query(`UPDATE folder SET id = $1 WHERE name LIKE '%empty'`, [SAME_ID]);
    await net1.database.query('UPDATE doc SET folder_id = $1 WHERE id = $1', [SAME_ID]);
    const folders = await schema
      .getRepository(Folder)
      .find({ where: { id: SAME_ID }, relations: { docs: true } });
    const titles = folders.map(({ name, docs }) => [name, ...docs.map(({ title }) => title)]);
    expect(titles.sort()).toEqual([
      ['CANARY-A empty', 'CANARY-A same'],
      ['CANARY-B empty', 'CANARY-B same'],
    ]);
    const docs = await schema
      .getRepository(Doc)
      .find({ where: { id: SAME_ID }, relations: { folder: true } });
    expect(docs.map(({ title, folder }) => [title, folder?.name]).sort()).toEqual([
      ['CANARY-A same', 'CANARY-A empty'],
      ['CANARY-B same', 'CANARY-B empty'],
    ]);
  });

  it('reads mixed entities of all', async () => {
    expect(await schema.getRepository(Template).count()).toBe(3);
  });
});
