import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { verifyWebhook } from '@parallax/tenant';
import { eventually } from '../../support/eventually.js';
import { startWebhookReceiver, type WebhookReceiver } from '../../support/webhook-receiver.js';
import { AlertDatabase } from './alert-database.js';

const ROOT = resolve(__dirname, '../../..');
const SECRET = `whsec_${randomBytes(32).toString('base64')}`;

describe('A webhook whose dispatcher is killed', () => {
  let database: AlertDatabase;
  let receiver: WebhookReceiver;
  let children: ChildProcess[];

  beforeAll(async () => {
    database = await AlertDatabase.create();
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    receiver = await startWebhookReceiver();
    children = [];
  });
  afterEach(async () => {
    for (const child of children) await end(child, 'SIGKILL');
    await receiver.close();
    await database.clear();
  });

  /** A dispatcher in a process of its own. */
  const startProcess = (manner: 'stuck' | 'ordinary'): { child: ChildProcess; output: () => string } => {
    const child = spawn(
      process.execPath,
      [
        '--conditions=@parallax/source',
        join(ROOT, 'test/support/typescript-hook.cjs'),
        join(__dirname, 'dispatcher-process.ts'),
        database.database.urls.control,
        receiver.url,
        SECRET,
        manner,
      ],
      { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    children.push(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    }
    return { child, output: () => output };
  };
  const end = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  };

  it('between delivery and mark gets the same alert id again from the next, and no second id', async () => {
    const id = await database.raise();
    const doomed = startProcess('stuck');
    await eventually('it is delivered', () => {
      if (doomed.child.exitCode !== null) throw new Error(doomed.output());
      return doomed.output().includes('delivered');
    });
    await end(doomed.child, 'SIGKILL');
    expect(receiver.received).toHaveLength(1);
    expect(await database.deliveries(id)).toMatchObject([{ attempts: 1, delivered: false, leased: true }]);

    const successor = startProcess('ordinary');
    const other = await database.raise();
    await eventually('the next is at work', () => receiver.received.length === 2);
    expect(receiver.received[1]?.headers['webhook-id']).toBe(other);
    await database.endLeases();
    await eventually('it is marked', async () => (await database.deliveries(id))[0]?.delivered === true);
    await end(successor.child, 'SIGTERM');
    expect(successor.child.exitCode).toBe(0);

    const of = receiver.received.filter(({ headers }) => headers['webhook-id'] !== other);
    expect(of.map(({ headers }) => headers['webhook-id'])).toEqual([id, id]);
    expect(of.map(({ headers, body }) => verifyWebhook(headers, body, [SECRET]))).toEqual([
      expect.objectContaining({ id, type: 'tenant.quota_exceeded' }),
      expect.objectContaining({ id, type: 'tenant.quota_exceeded' }),
    ]);
  });

  it('before it answered gets the same alert id again', async () => {
    const id = await database.raise();
    receiver.answer = () => undefined;
    const doomed = startProcess('ordinary');
    await eventually('it was posted', () => receiver.received.length === 1);
    await end(doomed.child, 'SIGKILL');
    receiver.answer = () => ({ status: 204 });
    await database.endLeases();
    startProcess('ordinary');
    await eventually('it is marked', async () => (await database.deliveries(id))[0]?.delivered === true);
    expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual([id, id]);
  });
});
