import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { UnavailableError } from '@parallax/tenant';
import { CoalescingRateLimitStore } from '../../../../src/tenant/rate-limit/coalescing-rate-limit.store.js';
import { RedisRateLimitStore } from '../../../../src/tenant/rate-limit/redis-rate-limit.store.js';
import { RateLimitStoreGate } from '../../../../src/tenant/rate-limit/store-gate.js';
import { eventually } from '../../../support/eventually.js';
import { RedisCluster } from '../../../support/redis-cluster.js';
import { RedisServer } from '../../../support/redis-server.js';
import { connect, connectToCluster } from './redis-rate-limit.fixture.js';

const describeWithRedis = RedisServer.isInstalled() ? describe : describe.skip;

const LIMIT = 200;
const ONE = [
  {
    policy: {
      name: 'requests',
      algorithm: 'fixed-window',
      limit: LIMIT,
      windowMs: 31 * 24 * 3_600_000,
      burst: LIMIT,
    },
    cost: 1,
  },
] as const;
const CALLERS = 20;

/** Callers without a pause, each for the subject that is its turn: every call of theirs is either under way or has ended. */
class Load {
  readonly decidedBy: Record<string, number> = { store: 0, local: 0 };
  admitted = 0;
  failures: unknown[] = [];
  #isOver = false;
  readonly #callers: Promise<void>[];

  constructor(gate: RateLimitStoreGate, ...subjects: string[]) {
    this.#callers = Array.from({ length: CALLERS }, async (_, caller) => {
      const subject = subjects[caller % subjects.length]!;
      while (!this.#isOver) {
        try {
          const { granted, decidedBy } = await gate.decide(subject, ONE, 'local');
          this.admitted += granted;
          this.decidedBy[decidedBy]! += 1;
        } catch (error) {
          this.failures.push(error);
        }
        await sleep(1);
      }
    });
  }

  /** Waits until callers have been answered so often from now on. */
  async goesOn(by: 'store' | 'local', answers = 200): Promise<void> {
    const from = this.decidedBy[by]!;
    await eventually(`answers by ${by}`, () => this.decidedBy[by]! >= from + answers);
  }

  async hasAdmitted(units: number): Promise<void> {
    await eventually(`${units} admitted`, () => this.admitted >= units);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#callers);
  }
}

describeWithRedis('Redis lost in the middle of a load', () => {
  let server: RedisServer;
  let redis: Redis;
  let gate: RateLimitStoreGate;
  let events: string[];
  let subject: string;
  beforeEach(async () => {
    server = await RedisServer.start();
    redis = await connect(server.port);
    events = [];
    subject = randomUUID();
    gate = new RateLimitStoreGate(new CoalescingRateLimitStore(new RedisRateLimitStore(redis)), {
      retryMs: 50,
      onLost: () => events.push('lost'),
      onRestored: () => events.push('restored'),
    });
  });
  afterEach(async () => {
    server.resume();
    redis.disconnect();
    await server.stop();
  });

  it('killed and started again: no call hangs, none fails, and there is no window without a limit', async () => {
    const load = new Load(gate, subject);
    await load.hasAdmitted(LIMIT);
    await server.kill();
    await load.hasAdmitted(LIMIT + LIMIT / 2);
    await load.goesOn('local');
    expect(events).toEqual(['lost']);
    await server.restart();
    // The limit, half of it by this process while Redis was away, and again what the new Redis knows nothing of.
    await load.hasAdmitted(LIMIT + LIMIT / 2 + LIMIT);
    await load.goesOn('store');
    await load.end();
    expect(load.failures).toEqual([]);
    expect(events).toEqual(['lost', 'restored']);
    expect(load.admitted).toBe(LIMIT + LIMIT / 2 + LIMIT);
  });

  it('stopped but not closed, again and again: calls are answered all the same, and what it knew still counts', async () => {
    const load = new Load(gate, subject);
    await load.hasAdmitted(LIMIT);
    for (let outage = 0; outage < 3; outage += 1) {
      server.pause();
      // By half the limit once, whichever outage it is.
      await load.goesOn('local');
      server.resume();
      await load.goesOn('store');
    }
    await load.end();
    expect(load.failures).toEqual([]);
    expect(load.admitted).toBe(LIMIT + LIMIT / 2);
    expect(events).toEqual(['lost', 'restored', 'lost', 'restored', 'lost', 'restored']);
  });

  it('refuses what is to be closed while it is away, and admits it afterwards', async () => {
    expect((await gate.decide(subject, ONE, 'closed')).decidedBy).toBe('store');
    server.pause();
    await expect(gate.decide(subject, ONE, 'closed')).rejects.toThrow(UnavailableError);
    await expect(gate.decide(subject, ONE, 'closed')).rejects.toThrow(UnavailableError);
    server.resume();
    await eventually('Redis is asked again', async () => {
      try {
        return (await gate.decide(subject, ONE, 'closed')).decidedBy === 'store';
      } catch {
        return false;
      }
    });
    expect(events).toEqual(['lost', 'restored']);
  });
});

describeWithRedis('One of three masters lost in the middle of a load', () => {
  it('is one outage for all, until it is back', async () => {
    const servers = await RedisCluster.start();
    const cluster = await connectToCluster(servers);
    const events: string[] = [];
    const gate = new RateLimitStoreGate(new CoalescingRateLimitStore(new RedisRateLimitStore(cluster)), {
      retryMs: 50,
      onLost: () => events.push('lost'),
      onRestored: () => events.push('restored'),
    });
    const subjects = Array.from({ length: CALLERS }, () => randomUUID());
    // The client connects to each master at the first call it has for it, which may take too long.
    await eventually('all masters answer', async () => {
      const answers = await Promise.all(subjects.map((subject) => gate.peek(subject, ONE, 'local')));
      return answers.every(({ decidedBy }) => decidedBy === 'store');
    });
    events.length = 0;
    const load = new Load(gate, ...subjects);
    try {
      await load.goesOn('store');
      await servers.masters[1]!.kill();
      await load.goesOn('local', 2_000);
      expect(events).toEqual(['lost']);
      await servers.masters[1]!.restart();
      await load.goesOn('store', 2_000);
      expect(events).toEqual(['lost', 'restored']);
      expect(load.failures).toEqual([]);
      expect(load.admitted).toBeLessThanOrEqual(CALLERS * (LIMIT + LIMIT / 2 + LIMIT));
    } finally {
      await load.end();
      cluster.disconnect();
      await servers.stop();
    }
  });
});
