import { BadRequestException } from '@nestjs/common';
import {
  concat,
  defer,
  lastValueFrom,
  NEVER,
  Observable,
  of,
  Subject,
  take,
  throwError,
  toArray,
} from 'rxjs';
import { Counted } from '../../../test/support/counted.js';
import { ConfigurationError, TenantScopeMissingError } from '../errors/isolation.errors.js';
import { QuotaExceededError } from '../errors/quota.errors.js';
import { CheckQuota } from './check-quota.decorator.js';

class Streams {
  begun = 0;

  @CheckQuota('maxRuns')
  watch(source: Observable<number>): Observable<number> {
    this.begun += 1;
    return source;
  }

  @CheckQuota('maxRuns')
  broken(): Observable<number> {
    throw new TypeError('oops');
  }

  @CheckQuota('maxRuns')
  async later(source: Observable<number>): Promise<Observable<number>> {
    return Promise.resolve(source);
  }

  @CheckQuota('maxAtOnce')
  alone(source: Observable<number>): Observable<number> {
    return source;
  }

  @CheckQuota('maxRuns')
  nested(source: Observable<number>): Observable<number> {
    return defer(() => this.watch(source));
  }
}

describe('a method under @CheckQuota that answers with an Observable', () => {
  let counted: Counted;
  let streams: Streams;

  beforeEach(async () => {
    counted = await Counted.start();
    streams = new Streams();
  });

  const read = (source: Observable<number>) => lastValueFrom(source.pipe(toArray()));
  const untilUse = async (use: string, limit?: string) => {
    for (let i = 0; i < 20 && (await counted.use(limit)) !== use; i++) await new Promise(setImmediate);
    expect(await counted.use(limit)).toBe(use);
  };

  it('is called by subscribing, each time anew', async () => {
    const source = streams.watch(of(1, 2));
    await new Promise(setImmediate);
    expect([streams.begun, await counted.use()]).toEqual([0, '0/0']);
    expect(await counted.run(() => read(source))).toEqual([1, 2]);
    expect(await counted.use()).toBe('1/0');
    await counted.run(() => read(source));
    expect(await counted.use()).toBe('2/0');
  });

  it('is held while it runs, and charged before its end is told', async () => {
    const source = new Subject<number>();
    const ended = counted.run(() => read(streams.watch(source)).then(() => counted.use()));
    await untilUse('0/1');
    source.next(1);
    source.complete();
    expect(await ended).toBe('1/0');
  });

  it('is refused, and does not begin, at the limit and outside a scope', async () => {
    await counted.run(() => counted.quotas.consumeQuota('maxRuns', 10));
    await expect(counted.run(() => read(streams.watch(of(1))))).rejects.toThrow(QuotaExceededError);
    await expect(read(streams.watch(of(1)))).rejects.toThrow(TenantScopeMissingError);
    expect(streams.begun).toBe(0);
  });

  it('gives back or is charged by what it failed with', async () => {
    const failing = (error: Error) => counted.run(() => read(streams.watch(throwError(() => error))));
    await expect(failing(new TypeError('oops'))).rejects.toThrow('oops');
    await expect(counted.run(() => read(streams.broken()))).rejects.toThrow('oops');
    expect(await counted.use()).toBe('0/0');
    await expect(failing(new BadRequestException())).rejects.toThrow(BadRequestException);
    expect(await counted.use()).toBe('1/0');
  });

  it('is charged when whoever asked leaves early', async () => {
    const endless = concat(of(1), NEVER);
    await counted.run(() => read(streams.watch(endless).pipe(take(1))));
    await untilUse('1/0');
    const subscription = counted.run(() => streams.watch(NEVER).subscribe());
    await untilUse('1/1');
    subscription.unsubscribe();
    await untilUse('2/0');
  });

  it('is not charged, and does not begin, when whoever asked has left before', async () => {
    counted.run(() => streams.watch(of(1)).subscribe()).unsubscribe();
    for (let i = 0; i < 20 && counted.store.calls.length < 2; i++) await new Promise(setImmediate);
    expect(await counted.use()).toBe('0/0');
    expect([streams.begun, counted.store.calls.map(({ op }) => op)]).toEqual([0, ['reserve', 'commit']]);
  });

  it('holds a slot until it ends', async () => {
    const source = new Subject<number>();
    const ended = counted.run(() => read(streams.alone(source)));
    await untilUse('0/1', 'maxAtOnce');
    const second = counted.run(() => read(streams.alone(of(1))));
    await expect(second).rejects.toMatchObject({ code: 'CONCURRENCY_LIMITED' });
    source.complete();
    await ended;
    expect(await counted.use('maxAtOnce')).toBe('0/0');
  });

  it('is counted once inside another', async () => {
    expect(await counted.run(() => read(streams.nested(of(1))))).toEqual([1]);
    expect(await counted.use()).toBe('1/0');
  });

  it('may be promised, and is then charged at its end, and good for one subscription', async () => {
    const source = new Subject<number>();
    const promised = await counted.run(() => streams.later(source));
    const ended = read(promised);
    expect(await counted.use()).toBe('0/1');
    source.complete();
    await ended;
    expect(await counted.use()).toBe('1/0');
    await expect(read(promised)).rejects.toThrow(ConfigurationError);
  });
});
