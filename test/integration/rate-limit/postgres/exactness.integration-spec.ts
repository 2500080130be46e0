import { randomUUID } from 'node:crypto';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { ChildProgram } from '../../quotas/processes/child-program.js';

const PROCESSES = 4;
const FLOOD = '../../rate-limit/postgres/flood-process.ts';

describe('200 callers in four processes, who call 800 times for 200 units', () => {
  let database: TestDatabase;
  let children: ChildProgram[];
  beforeAll(async () => {
    database = await createTestDatabase();
    children = Array.from({ length: PROCESSES }, () => new ChildProgram(FLOOD, [database.urls.control]));
    await Promise.all(children.map((child) => child.line()));
  });
  afterAll(async () => {
    await Promise.all(children.map((child) => child.finish()));
    await database.drop();
  });

  it.each(['sliding-window', 'fixed-window', 'token-bucket'])(
    'get exactly those, and of the other policy what goes with them: %s',
    async (algorithm) => {
      const subject = randomUUID();
      const answers = children.map((child) => child.line());
      for (const child of children) child.tell(`${subject} ${algorithm}`);
      const admitted = (await Promise.all(answers)).map(Number);
      expect(admitted.reduce((total, each) => total + each, 0)).toBe(200);
      const rows = await database.query<{ policy: string; used: number }>(
        `SELECT split_part(policy, ' ', 3) AS policy, counts[1]::int AS used FROM rate_limit_counters
         WHERE subject = $1 AND counts <> '{}' ORDER BY 1`,
        [subject],
      );
      if (algorithm === 'token-bucket') expect(rows).toEqual([]);
      else
        expect(rows).toEqual([
          { policy: 'requests', used: 200 },
          { policy: 'units', used: 400 },
        ]);
    },
  );

  it('and nobody waited for whoever waited for it', async () => {
    const [row] = await database.query(
      'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
    );
    expect(row).toEqual({ deadlocks: 0 });
  });
});
