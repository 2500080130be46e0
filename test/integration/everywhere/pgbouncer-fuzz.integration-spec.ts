import { randomInt } from 'node:crypto';
import { TenantPool } from '@parallax/tenant';
import { describeResult, fuzz } from '../../fuzz/fuzz.js';
import { FuzzServer } from '../../fuzz/fuzz-server.js';
import { BOTH_NETS, type Subject } from '../../fuzz/subjects.js';
import { PgBouncer } from '../../support/pgbouncer.js';

const TRY_MS = 8_000;
const TIMEOUT_MS = 120_000;
const seed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31));

const suite = PgBouncer.isInstalled() ? describe : describe.skip;

suite(`Random programs through a PgBouncer with one connection to its server (FUZZ_SEED=${seed})`, () => {
  let server: FuzzServer;
  let bouncer: PgBouncer;

  beforeAll(async () => {
    server = await FuzzServer.start();
    bouncer = await PgBouncer.start({
      urls: [server.tenantUrl],
      mode: 'transaction',
      poolSize: 1,
      // A program may hold the one connection and wait for another, until it is told that there is none.
      settings: { query_wait_timeout: 1, server_login_retry: 0.1 },
    });
  }, TIMEOUT_MS);
  afterAll(async () => {
    await bouncer.remove();
    await server.stop();
  });

  it(
    'never see a row of another tenant',
    async () => {
      const subject: Subject = {
        name: `${BOTH_NETS.name} behind PgBouncer`,
        dataSource: BOTH_NETS.dataSource,
        pool: (config) => new TenantPool({ ...config, connectionString: bouncer.through(server.tenantUrl) }),
      };
      const result = await fuzz({ server, subject, seed, programs: 1_000, milliseconds: TRY_MS });
      process.stdout.write(`${describeResult(subject.name, result)}\n`);
      expect(result.failure).toBeUndefined();
      expect(result.outcome.right).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );
});
