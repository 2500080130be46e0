import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import 'reflect-metadata';
import { describeResult, fuzz, type FuzzResult } from './fuzz.js';
import { FuzzServer } from './fuzz-server.js';
import { Outcome } from './outcome.js';
import { BOTH_NETS, KNOWN_BAD, NET_2_ALONE } from './subjects.js';

const BATCH = 10;
/** Long enough for any batch; a failure is made smaller until then. */
const BATCH_MS = 60_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string' },
    path: { type: 'string' },
    /** Part of a subject's name. Known-bad ones take part only when named. */
    subject: { type: 'string' },
  },
});

async function main(): Promise<void> {
  const first = Number(values.seed ?? process.env.FUZZ_SEED ?? randomInt(2 ** 31 - 100_000));
  const path = values.path ?? process.env.FUZZ_PATH;
  const named = (name: string): boolean => name.includes(values.subject ?? '');
  const subjects = [BOTH_NETS, NET_2_ALONE, ...(values.subject ? KNOWN_BAD : [])].filter(({ name }) =>
    named(name),
  );
  if (subjects.length === 0) throw new Error(`No subject is named "${values.subject ?? ''}".`);
  const server = await FuzzServer.start();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => void server.stop().finally(() => process.kill(process.pid, signal)));
  const ends = performance.now() + Number(values.minutes) * 60_000;
  const total = new Outcome();
  let programs = 0;
  let failure: FuzzResult['failure'];
  let seed = first;
  try {
    for (; !failure; seed += 1) {
      const subject = subjects[seed % subjects.length]!;
      const result = await fuzz({
        server,
        subject,
        seed,
        programs: BATCH,
        milliseconds: BATCH_MS,
        ...(path !== undefined && { path }),
      });
      total.add(result.outcome);
      programs += result.programs;
      failure = result.failure;
      say(describeResult(`${subject.name}, seed ${seed}`, result));
      if (path !== undefined || performance.now() > ends) break;
    }
  } finally {
    say(`\nseeds ${first} to ${seed}: ${describeResult('in all', { outcome: total, programs })}`);
    say(
      `faults: ${Object.entries(server.faults)
        .map(([kind, count]) => `${kind} ${count}`)
        .join(', ')}`,
    );
    const kinds = ['wrong', 'unscoped', 'missing', 'phantom', 'lost', 'dirty', 'stuck'];
    const count = (kind: string): number => total.findings.filter((finding) => finding.kind === kind).length;
    say(kinds.map((kind) => `${kind} ${count(kind)}`).join(', '));
    await server.stop();
  }
  if (failure) process.exitCode = 1;
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

void main();
