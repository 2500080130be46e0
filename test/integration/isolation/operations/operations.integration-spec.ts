import { readFile } from 'node:fs/promises';
import { ROWS_OF_A, ROWS_OF_B } from '../net1-database.js';
import { OPERATIONS } from './catalogue/index.js';
import { beyond, isolationMatrix } from './matrix.js';
import { expectedOf, NETS, PLACES, type Net, type Outcome } from './operation.js';
import { judge, type Worlds } from './verdict.js';
import { World } from './world.js';

const MATRIX = 'docs/isolation-matrix.md';

/** How many of the operations reach B when nothing holds them: the judge finds what there is to find. */
const LEAKS_WITHOUT_NETS = 250;

describe('TypeORM operations', () => {
  let worlds: Worlds;
  const seen: { net: Net; outcome: Outcome }[] = [];

  beforeAll(async () => {
    worlds = { withB: await World.with(ROWS_OF_A, ROWS_OF_B), withoutB: await World.with(ROWS_OF_A) };
  });
  afterAll(async () => {
    await worlds.withB.close();
    await worlds.withoutB.close();
    process.stdout.write(`operations: ${summary(seen)}\n`);
  });

  it('are each named once', () => {
    const names = OPERATIONS.map(({ name }) => name);
    expect(names).toHaveLength(new Set(names).size);
  });

  describe.each(NETS.filter((net) => net !== 'neither net'))('with %s', (net) => {
    it.each(OPERATIONS.map((operation) => [operation.name, operation] as const))(
      '%s',
      async (_, operation) => {
        for (const place of PLACES) {
          const { outcome, findings } = await judge(worlds, operation, net, place);
          seen.push({ net, outcome });
          const expected = expectedOf(operation, net, place);
          expect({ place, outcome, findings }).toEqual({ place, outcome: expected, findings });
        }
      },
    );
  });

  it('reach B when neither net is there', async () => {
    for (const operation of OPERATIONS) {
      const { outcome } = await judge(worlds, operation, 'neither net', 'outside');
      seen.push({ net: 'neither net', outcome });
    }
    const leaks = seen.filter(({ net, outcome }) => net === 'neither net' && outcome === 'beyond');
    expect(leaks.length).toBeGreaterThan(LEAKS_WITHOUT_NETS);
  }, 240_000);

  it('are beyond both nets only where docs/security.md says so', () => {
    expect(beyond('both nets')).toEqual([
      'insert in a mixed table with an id in use',
      'upsert in a mixed table by id',
      'query: merge that reads nothing of its table',
    ]);
  });

  it('are listed in the documentation', async () => {
    expect(unpadded(await readFile(MATRIX, 'utf8'))).toBe(unpadded(isolationMatrix()));
  });
});

/** Formatting pads the cells of tables. */
function unpadded(markdown: string): string {
  return markdown.replace(/ {2,}/g, ' ').replace(/-{4,}/g, '---');
}

function summary(seen: readonly { net: Net; outcome: Outcome }[]): string {
  const perNet = NETS.map((of) => {
    const outcomes = seen.filter(({ net }) => net === of).map(({ outcome }) => outcome);
    const count = (outcome: Outcome) => outcomes.filter((each) => each === outcome).length;
    const rest = outcomes.length - count('held') - count('beyond');
    return `${of}: ${count('held')} held, ${rest} refused, ${count('beyond')} beyond`;
  });
  return `${OPERATIONS.length}, ${seen.length} cells; ${perNet.join('; ')}`;
}
