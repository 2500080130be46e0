import {
  BadRequestException,
  Get,
  InternalServerErrorException,
  Logger,
  RequestTimeoutException,
  SetMetadata,
} from '@nestjs/common';
import { Counted } from '../../../test/support/counted.js';
import { runInScope, TenantScope } from '../context/tenant-scope.js';
import { FeatureNotEntitledError } from '../errors/entitlement.errors.js';
import { ConfigurationError, TenantScopeMissingError } from '../errors/isolation.errors.js';
import { QuotaExceededError } from '../errors/quota.errors.js';
import { TenantRequiredError, UnavailableError, ValidationFailedError } from '../errors/request.errors.js';
import { CheckQuota } from './check-quota.decorator.js';
import { CHECKED_QUOTAS } from './checked-quota.js';

class Runner {
  begun = 0;
  readonly seen: string[] = [];

  constructor(readonly counted: Counted) {}

  @CheckQuota('maxRuns')
  async run(work: () => unknown = () => 'done'): Promise<unknown> {
    this.begun += 1;
    this.seen.push(await this.counted.use());
    return work();
  }

  @CheckQuota('maxRuns', { amount: (units: number) => units })
  async runMany(units: number, note?: string): Promise<unknown> {
    this.begun += 1;
    return Promise.resolve([units, note]);
  }

  @CheckQuota('maxRuns', {
    amount: (units: string) => {
      throw new ValidationFailedError([{ field: 'units', message: `not ${units}` }]);
    },
  })
  async runUnclear(units: string): Promise<string> {
    this.begun += 1;
    return Promise.resolve(units);
  }

  @CheckQuota('maxRuns', { refundOn: (error) => error instanceof RangeError })
  runChosen(error: Error): Promise<never> {
    throw error;
  }

  @CheckQuota('maxRuns')
  @CheckQuota('maxTokens')
  async both(work: () => unknown = () => 'done'): Promise<unknown> {
    this.begun += 1;
    return Promise.resolve(work());
  }

  @CheckQuota('maxAtOnce')
  async alone(work: () => Promise<unknown>): Promise<unknown> {
    return work();
  }
}

describe(CheckQuota.name, () => {
  let counted: Counted;
  let runner: Runner;

  beforeEach(async () => {
    counted = await Counted.start();
    runner = new Runner(counted);
  });

  const fail = (error: unknown) => () => {
    throw error;
  };
  const times = async (count: number, fn: () => Promise<unknown>) => {
    for (let i = 0; i < count; i++) await counted.run(fn).catch(() => undefined);
  };

  it('holds the units while the method runs, and charges them when it has succeeded', async () => {
    expect(await counted.run(() => runner.run())).toBe('done');
    expect([runner.seen, await counted.use()]).toEqual([['0/1'], '1/0']);
  });

  it('refuses at the limit, before the method begins', async () => {
    await counted.run(() => runner.runMany(10));
    runner.begun = 0;
    await expect(counted.run(() => runner.run())).rejects.toThrow(QuotaExceededError);
    expect([runner.begun, await counted.use()]).toEqual([0, '10/0']);
  });

  it.each([
    ['an error nobody expected', new TypeError('oops')],
    ['a status from 500', new InternalServerErrorException()],
    ['a timeout', new RequestTimeoutException()],
    ['a store that is away', new UnavailableError('away')],
    ['a refusal by the plan further in', new FeatureNotEntitledError('export', 'small', [])],
  ])('gives back after %s', async (_what, error) => {
    await expect(counted.run(() => runner.run(fail(error)))).rejects.toBe(error);
    expect(await counted.use()).toBe('0/0');
  });

  it('charges what the caller did wrong', async () => {
    const error = new BadRequestException();
    await expect(counted.run(() => runner.run(fail(error)))).rejects.toBe(error);
    expect(await counted.use()).toBe('1/0');
  });

  it.each([
    ['server', new TypeError('oops')],
    ['refusal', new FeatureNotEntitledError('export', 'small', [])],
  ])(
    'gives back no more than the plan allows in one period, whatever the caller brings about: %s',
    async (_kind, error) => {
      await times(5, () => runner.run(fail(error)));
      expect(await counted.use()).toBe('3/0');
    },
  );

  it('goes by refundOn, and charges when that fails too', async () => {
    await times(1, () => runner.runChosen(new RangeError()));
    expect(await counted.use()).toBe('0/0');
    await times(1, () => runner.runChosen(new TypeError()));
    expect(await counted.use()).toBe('1/0');
  });

  it('charges when the client has left before the work failed', async () => {
    for (const [isAbandoned, use] of [
      [true, '1/0'],
      [false, '1/0'],
    ] as const) {
      const answer = { isAbandoned } as NonNullable<TenantScope['answer']>;
      const scope = counted.scopeOf(counted.tenant, answer);
      Object.assign(answer, { announce: () => undefined });
      await expect(runInScope(scope, () => runner.run(fail(new Error('aborted'))))).rejects.toThrow(
        'aborted',
      );
      expect(await counted.use()).toBe(use);
    }
  });

  it('takes the amount the arguments give', async () => {
    expect(await counted.run(() => runner.runMany(4, 'by night'))).toEqual([4, 'by night']);
    expect(await counted.use()).toBe('4/0');
  });

  it.each([0, -1, 1.5, NaN, Infinity, '1', undefined, 2 ** 53])(
    'does not begin for the amount %p',
    async (units) => {
      const run = counted.run(() => runner.runMany(units as number));
      await expect(run).rejects.toThrow(ConfigurationError);
      await expect(run).rejects.toThrow(/Runner\.runMany/);
      expect([runner.begun, await counted.use()]).toEqual([0, '0/0']);
    },
  );

  it('lets the amount say what a caller got wrong', async () => {
    await expect(counted.run(() => runner.runUnclear('x'))).rejects.toThrow(ValidationFailedError);
    expect([runner.begun, await counted.use()]).toEqual([0, '0/0']);
  });

  it('takes all of several or none, at no cost of refunds', async () => {
    await times(2, () => runner.both());
    expect([await counted.use(), await counted.use('maxTokens')]).toEqual(['2/0', '2/0']);
    await times(5, () => runner.both());
    expect([runner.begun, await counted.use(), await counted.use('maxTokens')]).toEqual([2, '2/0', '2/0']);
    await times(2, () => runner.run(fail(new Error('both refunds are left'))));
    expect(await counted.use()).toBe('2/0');
  });

  it('holds a slot while the method runs, however it ends', async () => {
    for (const end of [Promise.resolve(1), Promise.reject(new BadRequestException())]) {
      const ended = counted.run(() => runner.alone(() => counted.run(() => runner.run()).then(() => end)));
      const settled = ended.catch(() => undefined);
      await new Promise(setImmediate);
      const second = counted.run(() => runner.alone(() => Promise.resolve(2)));
      await expect(second).rejects.toMatchObject({ code: 'CONCURRENCY_LIMITED', retryAfter: 1 });
      await settled;
      expect(await counted.use('maxAtOnce')).toBe('0/0');
    }
  });

  it('answers what is done although the store is away then, and says so once', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation();
    counted.store.isAway = ({ op }) => op === 'commit' || op === 'release';
    expect(await counted.run(() => runner.run())).toBe('done');
    const error = new TypeError('oops');
    await expect(counted.run(() => runner.run(fail(error)))).rejects.toBe(error);
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/Runner\.run holds of maxRuns.*The counters are away/)],
      [expect.stringMatching(/Runner\.run holds of maxRuns.*The counters are away/)],
    ]);
    warn.mockRestore();
    expect(await counted.use()).toBe('0/2');
  });

  it('does not begin when the store is away before', async () => {
    counted.store.isAway = () => true;
    await expect(counted.run(() => runner.run())).rejects.toThrow(UnavailableError);
    expect(runner.begun).toBe(0);
  });

  it('names the method that was called outside a scope, and the fix', async () => {
    await expect(runner.run()).rejects.toThrow(TenantScopeMissingError);
    await expect(runner.run()).rejects.toThrow(/Runner\.run .*runWithTenantContext/);
    const entered = new TenantScope(undefined);
    entered.admit(undefined, undefined);
    await expect(runInScope(entered, () => runner.run())).rejects.toThrow(TenantRequiredError);
    expect(runner.begun).toBe(0);
  });
});

describe('a method under @CheckQuota', () => {
  class Routes {
    @SetMetadata('above', 1)
    @Get('above')
    @CheckQuota('maxRuns')
    @SetMetadata('below', 2)
    async between(a: string, b: string): Promise<string> {
      return Promise.resolve(a + b);
    }

    @CheckQuota('maxRuns')
    @CheckQuota('maxTokens')
    @Get('below')
    both(a: string): Promise<string> {
      return Promise.resolve(a);
    }
  }

  it('keeps its name, its length and what other decorators said of it, on either side', () => {
    const { between, both } = Routes.prototype;
    expect([between.name, between.length, both.name, both.length]).toEqual(['between', 2, 'both', 1]);
    const told = (key: string, method: object): unknown => Reflect.getMetadata(key, method);
    expect([told('above', between), told('below', between)]).toEqual([1, 2]);
    expect([told('path', between), told('path', both)]).toEqual(['above', 'below']);
    expect(told(CHECKED_QUOTAS, both)).toMatchObject([{ limit: 'maxRuns' }, { limit: 'maxTokens' }]);
  });

  it('answers later, says its type, and takes the arguments that the amount needs', async () => {
    class Typed {
      // @ts-expect-error -- it would have to answer before anything is reserved
      @CheckQuota('maxRuns')
      sync(): number {
        return 1;
      }

      // @ts-expect-error -- the amount is by a number, and the method has none
      @CheckQuota('maxRuns', { amount: (units: number) => units })
      async other(units: string): Promise<string> {
        return Promise.resolve(units);
      }
    }
    await expect(Promise.resolve(Typed.prototype.sync())).rejects.toThrow(TenantScopeMissingError);
  });

  it('is a method', () => {
    const decorate = CheckQuota('maxRuns') as unknown as (...args: unknown[]) => void;
    expect(() => decorate({}, 'x', { get: () => 1 })).toThrow(ConfigurationError);
    expect(() => CheckQuota('maxRuns', { ttlSeconds: 0 })).toThrow(ConfigurationError);
  });
});
