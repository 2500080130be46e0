import { DataSource } from 'typeorm';
import { ApiKeyEntity } from '../../../src/auth/api-key.entity.js';
import { ensureOperatorKey } from '../../../src/auth/operator-key.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

const SECRET = 'the-secret-key-of-the-operator-tests-0123456789';
const CONFIGURED = 'an-operator-key-of-the-tests-0123456789';

describe(ensureOperatorKey.name, () => {
  let database: TestDatabase;
  let control: DataSource;

  beforeEach(async () => {
    database = await createTestDatabase();
    control = await new DataSource({
      type: 'postgres',
      url: database.urls.control,
      entities: [ApiKeyEntity],
      installExtensions: false,
    }).initialize();
  });
  afterEach(async () => {
    await control.destroy();
    await database.drop();
  });

  it('makes one key between processes that start together', async () => {
    const made = await Promise.all([1, 2, 3].map(() => ensureOperatorKey(control, SECRET, undefined)));
    expect(made.filter((key) => key !== undefined)).toHaveLength(1);
  });

  it('takes the configured key, as often as it is started with it', async () => {
    expect(await ensureOperatorKey(control, SECRET, CONFIGURED)).toBeUndefined();
    expect(await ensureOperatorKey(control, SECRET, CONFIGURED)).toBeUndefined();
    expect(await control.getRepository(ApiKeyEntity).count()).toBe(1);
  });

  it('refuses a configured key that was revoked', async () => {
    await ensureOperatorKey(control, SECRET, CONFIGURED);
    await database.query('UPDATE api_keys SET revoked_at = now()');
    await expect(ensureOperatorKey(control, SECRET, CONFIGURED)).rejects.toThrow(
      /OPERATOR_API_KEY is .* revoked/,
    );
  });
});
