import { Counted } from '../../../test/support/counted.js';
import { QuotaExceededError } from '../errors/quota.errors.js';
import type { Tenant } from '../registry/tenant.js';
import { CheckQuota } from './check-quota.decorator.js';

class Layers {
  @CheckQuota('maxRuns')
  async outer(work: () => unknown): Promise<unknown> {
    return Promise.resolve(work());
  }

  @CheckQuota('maxRuns')
  async inner(): Promise<string> {
    return Promise.resolve('done');
  }

  @CheckQuota('maxRuns', { amount: (units: number) => units })
  async many(units: number): Promise<number> {
    return Promise.resolve(units);
  }

  @CheckQuota('maxTokens')
  async other(): Promise<string> {
    return Promise.resolve('done');
  }

  @CheckQuota('maxRuns')
  @CheckQuota('maxRuns', { amount: () => 3 })
  async twice(): Promise<string> {
    return Promise.resolve('done');
  }
}

describe('a call under @CheckQuota inside another', () => {
  const layers = new Layers();
  let counted: Counted;
  let foreign: Tenant;

  beforeEach(async () => {
    counted = await Counted.start();
    foreign = await counted.createTenant('Globex');
  });

  it('is counted once where both count the same', async () => {
    await counted.run(() => layers.outer(() => layers.outer(() => layers.inner())));
    expect(await counted.use()).toBe('1/0');
    await counted.run(() => layers.outer(() => Promise.all([layers.inner(), layers.inner()])));
    expect(await counted.use()).toBe('2/0');
  });

  it('is counted as often as it is called side by side', async () => {
    await counted.run(() => Promise.all([layers.inner(), layers.inner(), layers.inner()]));
    expect(await counted.use()).toBe('3/0');
  });

  it('takes what it needs beyond what is held', async () => {
    await counted.run(() => layers.outer(() => layers.many(4)));
    expect(await counted.use()).toBe('4/0');
    const tooMany = counted.run(() => layers.outer(() => layers.many(7)));
    await expect(tooMany).rejects.toThrow(QuotaExceededError);
  });

  it('is counted once where one method says it twice, by the larger', async () => {
    await counted.run(() => layers.twice());
    expect(await counted.use()).toBe('3/0');
  });

  it('is counted for itself where it counts something else, or for another tenant', async () => {
    await counted.run(() => layers.outer(() => layers.other()));
    await counted.run(() => layers.outer(() => counted.run(() => layers.inner(), foreign)));
    expect([await counted.use(), await counted.use('maxTokens')]).toEqual(['2/0', '1/0']);
    expect(await counted.use('maxRuns', foreign)).toBe('1/0');
  });

  it('is counted anew once the outer has ended, though it began there', async () => {
    let leftBehind = (): Promise<unknown> => Promise.reject(new Error('not begun'));
    const begun = await counted.run(() =>
      layers.outer(() => {
        const later = new Promise<void>((resolve) => {
          leftBehind = () => {
            resolve();
            return ran;
          };
        });
        const ran = later.then(() => layers.inner());
        return 'begun';
      }),
    );
    expect([begun, await counted.use()]).toEqual(['begun', '1/0']);
    await leftBehind();
    expect(await counted.use()).toBe('2/0');
  });

  it('has the outer given back when it is refused', async () => {
    await counted.run(() => Promise.all([layers.other(), layers.other()]));
    const refused = counted.run(() => layers.outer(() => layers.other()));
    await expect(refused).rejects.toMatchObject({ resource: 'maxTokens' });
    expect(await counted.use()).toBe('0/0');
  });
});
