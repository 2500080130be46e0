import { randomInt } from 'node:crypto';
import { describeResult, fuzz, type FuzzResult } from '../../fuzz/fuzz.js';
import { FuzzServer } from '../../fuzz/fuzz-server.js';
import { BOTH_NETS, KNOWN_BAD, NET_2_ALONE, type Subject } from '../../fuzz/subjects.js';

const PROGRAMS = 1_000;
/** How long a subject is tried; the known-bad ones are found out long before. */
const TRY_MS = 8_000;
const TIMEOUT_MS = 180_000;
const seed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31));

describe(`Random programs of eight tenants over few connections on a server that fails (FUZZ_SEED=${seed})`, () => {
  let server: FuzzServer;

  beforeAll(async () => {
    server = await FuzzServer.start();
  }, TIMEOUT_MS);
  afterAll(() => server.stop());

  const attempt = async (
    subject: Subject,
    options: Partial<Parameters<typeof fuzz>[0]> = {},
  ): Promise<FuzzResult> => {
    const result = await fuzz({
      server,
      subject,
      seed,
      programs: PROGRAMS,
      milliseconds: TRY_MS,
      ...options,
    });
    process.stdout.write(`${describeResult(subject.name, result)}\n`);
    return result;
  };

  it.each([BOTH_NETS, NET_2_ALONE].map((subject) => [subject.name, subject] as const))(
    'see and change what is their own, all of it, with %s',
    async (_, subject) => {
      const { outcome, failure } = await attempt(subject);
      expect(failure).toBeUndefined();
      expect(outcome.right).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );

  // Of rows of another tenant, not of what else may be wrong with it.
  it.each(KNOWN_BAD.map((subject) => [subject.name, subject] as const))(
    'see rows of other tenants with a %s',
    async (_, subject) => {
      const { failure } = await attempt(subject, {
        kinds: ['wrong'],
        shrink: false,
        milliseconds: TIMEOUT_MS / 3,
      });
      expect(failure?.findings[0]?.kind).toBe('wrong');
    },
    TIMEOUT_MS,
  );
});
