import { randomUUID } from 'node:crypto';
import { RedisServer } from '../../../support/redis-server.js';
import { ChildProgram } from '../../quotas/processes/child-program.js';

const describeWithRedis = RedisServer.isInstalled() ? describe : describe.skip;
const FLOOD = '../../rate-limit/redis/flood-process.ts';

describeWithRedis('100 callers in two processes on one Redis, who call 800 times for 200 units', () => {
  let server: RedisServer;
  let children: ChildProgram[];
  beforeAll(async () => {
    server = await RedisServer.start();
    children = [1, 2].map(() => new ChildProgram(FLOOD, [String(server.port)]));
    await Promise.all(children.map((child) => child.line()));
  });
  afterAll(async () => {
    await Promise.all(children.map((child) => child.finish()));
    await server.stop();
  });

  it.each(['sliding-window', 'fixed-window', 'token-bucket'])('get exactly those: %s', async (algorithm) => {
    const subject = randomUUID();
    const answers = children.map((child) => child.line());
    for (const child of children) child.tell(`${subject} ${algorithm}`);
    const admitted = (await Promise.all(answers)).map(Number);
    expect(admitted[0]! + admitted[1]!).toBe(200);
  });
});
