import { parseArgs } from 'node:util';
import { startTestServer } from '../support/test-server.js';
import { editsOf, type Mutation } from './mutation.js';
import { MUTATIONS } from './mutations/index.js';
import { PrivateTree } from './private-tree.js';
import { runSuites, type Selection } from './suite-run.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

interface Result {
  readonly id: string;
  readonly verdict: 'killed' | 'redundant' | 'SURVIVED' | 'STALE' | 'BROKEN';
  /** By which test, or why it says nothing. */
  readonly by: string;
  readonly seconds: number;
}

/** Stands out in a run that goes on for minutes; with `--json` the table goes to standard error. */
const say = (text: string): void => void (values.json ? process.stderr : process.stdout).write(`${text}\n`);

async function main(): Promise<void> {
  const chosen = MUTATIONS.filter(
    ({ id, quick = false }) => (values.only?.includes(id) ?? true) && (quick || !values.quick),
  );
  if (values.list) {
    for (const mutation of chosen) {
      const files = new Set(editsOf(mutation).map(({ file }) => file));
      say(`${mutation.id.padEnd(24)} ${mutation.protects} (${[...files].join(', ')})`);
    }
    return;
  }
  const unknown = values.only?.filter((id) => !MUTATIONS.some((mutation) => mutation.id === id)) ?? [];
  if (unknown.length > 0) throw new Error(`There is no mutation ${unknown.join(', ')}. See --list.`);

  const tree = PrivateTree.copyOf(process.cwd());
  const server = await startTestServer();
  const stop = async (): Promise<void> => {
    tree.remove();
    await server.remove();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => void stop().finally(() => process.kill(process.pid, signal)));
  try {
    await assertGreen(tree, chosen, server.adminUrl());
    const results: Result[] = [];
    for (const mutation of chosen) {
      const result = await attempt(mutation, tree, server.adminUrl());
      say(
        `${result.id.padEnd(24)} ${result.verdict.padEnd(9)} ${result.seconds.toFixed(0).padStart(4)} s  ${result.by}`,
      );
      results.push(result);
    }
    const count = (of: Result['verdict']) => results.filter(({ verdict }) => verdict === of).length;
    const alive = results.length - count('killed') - count('redundant');
    say(`${count('killed')} of ${results.length} mutations killed, ${count('redundant')} redundant.`);
    if (values.json) process.stdout.write(`${JSON.stringify(results)}\n`);
    if (alive > 0) process.exitCode = 1;
  } finally {
    await stop();
  }
}

/** A test that is red anyway would kill everything. */
async function assertGreen(tree: PrivateTree, chosen: readonly Mutation[], url: string): Promise<void> {
  for (const selection of selectionsOf(chosen)) {
    say(`Without a mutation: ${selection.suites.length} suites …`);
    const { failed, broken, passed } = await runSuites(tree.root, selection, url);
    if (failed !== undefined || broken !== undefined)
      throw new Error(`Not green to begin with: ${failed ?? broken ?? ''}`);
    say(`… ${passed} tests green.`);
  }
}

/** All suites that run whole at once; then those of which only some tests run. */
function selectionsOf(chosen: readonly Mutation[]): Selection[] {
  const [whole, parts] = [
    chosen.filter(({ tests }) => tests === undefined),
    chosen.filter(({ tests }) => tests !== undefined),
  ].map((some) => [...new Set(some.flatMap(({ suites }) => suites))]);
  const tests = chosen.flatMap((mutation) => mutation.tests ?? []).join('|');
  return [{ suites: whole ?? [] }, { suites: parts ?? [], tests }].filter(({ suites }) => suites.length > 0);
}

async function attempt(mutation: Mutation, tree: PrivateTree, url: string): Promise<Result> {
  const { id, suites, redundant } = mutation;
  const edits = editsOf(mutation);
  const stale = tree.staleness(edits);
  if (stale !== undefined) return { id, verdict: 'STALE', by: stale, seconds: 0 };
  const begun = performance.now();
  const { failed, broken } = await tree.whileEdited(edits, () => runSuites(tree.root, mutation, url));
  const seconds = (performance.now() - begun) / 1_000;
  if (failed !== undefined) return { id, verdict: 'killed', by: failed, seconds };
  if (broken !== undefined) return { id, verdict: 'BROKEN', by: broken, seconds };
  if (redundant !== undefined) return { id, verdict: 'redundant', by: redundant, seconds };
  return { id, verdict: 'SURVIVED', by: suites.join(', '), seconds };
}

void main();
