import { ConfigurationError, TenantSchemaDataSource } from '@parallax/tenant';
import { loadEnvFile } from '@parallax/tenant/cli';
import { CONTROL_ENTITIES } from './data-sources.js';
import { MIGRATIONS_TABLE } from './migrator.js';

loadEnvFile();
const url = process.env.MIGRATION_DATABASE_URL;
if (!url) throw new ConfigurationError('MIGRATION_DATABASE_URL is not set; `npm run db:setup` prints it.');

/** What `typeorm migration:generate` compares the database with. */
export default new TenantSchemaDataSource({
  type: 'postgres',
  url,
  entities: CONTROL_ENTITIES,
  migrationsTableName: MIGRATIONS_TABLE,
  installExtensions: false,
});
