import { parseArgs } from 'node:util';
import { startTestServer } from '../support/test-server.js';
import type { Mutation } from './mutation.js';
import { MUTATIONS } from './mutations/index.js';
import { PrivateTree } from './private-tree.js';
import { runSuites } from './suite-run.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    list: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

interface Result {
  readonly id: string;
  readonly verdict: 'killed' | 'SURVIVED' | 'STALE' | 'BROKEN';
  /** By which test, or why it says nothing. */
  readonly by: string;
  readonly seconds: number;
}

/** Stands out in a run that goes on for minutes; with `--json` the table goes to standard error. */
const say = (text: string): void => void (values.json ? process.stderr : process.stdout).write(`${text}\n`);

async function main(): Promise<void> {
  const chosen = MUTATIONS.filter(({ id }) => values.only?.includes(id) ?? true);
  if (values.list) {
    for (const { id, protects, edit } of chosen) say(`${id.padEnd(24)} ${protects} (${edit.file})`);
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
        `${result.id.padEnd(24)} ${result.verdict.padEnd(8)} ${result.seconds.toFixed(0).padStart(4)} s  ${result.by}`,
      );
      results.push(result);
    }
    const alive = results.filter(({ verdict }) => verdict !== 'killed');
    say(`${results.length - alive.length} of ${results.length} mutations killed.`);
    if (values.json) process.stdout.write(`${JSON.stringify(results)}\n`);
    if (alive.length > 0) process.exitCode = 1;
  } finally {
    await stop();
  }
}

/** A test that is red anyway would kill everything. */
async function assertGreen(tree: PrivateTree, chosen: readonly Mutation[], url: string): Promise<void> {
  const suites = [...new Set(chosen.flatMap((mutation) => mutation.suites))];
  say(`Without a mutation: ${suites.length} suites …`);
  const { failed, broken, passed } = await runSuites(tree.root, suites, url);
  if (failed !== undefined || broken !== undefined)
    throw new Error(`Not green to begin with: ${failed ?? broken ?? ''}`);
  say(`… ${passed} tests green.`);
}

async function attempt({ id, edit, suites }: Mutation, tree: PrivateTree, url: string): Promise<Result> {
  const stale = tree.staleness(edit);
  if (stale !== undefined) return { id, verdict: 'STALE', by: stale, seconds: 0 };
  const begun = performance.now();
  const { failed, broken } = await tree.whileEdited(edit, () => runSuites(tree.root, suites, url));
  const seconds = (performance.now() - begun) / 1_000;
  if (failed !== undefined) return { id, verdict: 'killed', by: failed, seconds };
  if (broken !== undefined) return { id, verdict: 'BROKEN', by: broken, seconds };
  return { id, verdict: 'SURVIVED', by: suites.join(', '), seconds };
}

void main();
