import { type Command, ExitCode } from '@parallax/tenant/cli';
import { DataSource } from 'typeorm';
import { loadConfig } from '../../config/app-config.js';
import { prepareDatabase } from '../../database/prepare-database.js';
import { ApiKeyEntity } from '../api-key.entity.js';
import { ApiKeyService } from '../api-key.service.js';
import { KeyHasher } from '../key-hasher.js';

const HELP = `
Makes another key for the platform operator and prints it once; only its hash is kept.

Usage: npm run admin:key -- [--name <name>] [--json]

  --name     what the key is for, for whoever looks at the list of keys   (default: operator)
  --json     one JSON object instead of lines
  -h, --help

Reads the configuration of the backend (.env.example). With the embedded PostgreSQL, stop the backend first:
only one process at a time may use its data directory.

Exit codes: 0 done; 1 failed; 2 called wrongly.
`;

export const adminKeyCommand: Command = {
  help: HELP,
  options: { name: { type: 'string' } },
  async run({ values }, io) {
    const config = loadConfig(io.env);
    const database = await prepareDatabase(config, (line) => io.err(line));
    const control = new DataSource({
      type: 'postgres',
      url: database.controlUrl,
      entities: [ApiKeyEntity],
      installExtensions: false,
    });
    try {
      await control.initialize();
      const keys = new ApiKeyService(control.getRepository(ApiKeyEntity), new KeyHasher(config.secretKey));
      const { id, name, key } = await keys.issueForOperator(
        typeof values.name === 'string' ? values.name : 'operator',
      );
      return { code: ExitCode.Done, json: { id, name, key }, lines: [key] };
    } finally {
      if (control.isInitialized) await control.destroy();
      await database.stop();
    }
  },
};
