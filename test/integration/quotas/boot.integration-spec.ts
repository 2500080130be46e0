import { Controller, Get, Injectable } from '@nestjs/common';
import { CheckQuota, ConfigurationError, QuotaManager, TenantOptional } from '@parallax/tenant';
import { countedPlans } from '../../support/counted.js';
import { FixtureApp, type FixtureOptions } from '../../support/fixture-app.js';

@Injectable()
class Fine {
  @QuotaManager.CheckQuota('maxRuns')
  run(): Promise<void> {
    return Promise.resolve();
  }
}

@Injectable()
class Misspelt {
  @CheckQuota('maxRun')
  run(): Promise<void> {
    return Promise.resolve();
  }
}

@Controller()
class Open {
  @TenantOptional()
  @CheckQuota('maxRuns')
  @Get()
  run(): Promise<void> {
    return Promise.resolve();
  }
}

describe('an application with @CheckQuota', () => {
  it('starts, or says which method can never be counted', async () => {
    const tenant = { plans: countedPlans };
    const start = async (metadata: FixtureOptions) =>
      (await FixtureApp.start({ tenant, ...metadata })).close();
    await start({ providers: [Fine] });
    const refused = start({ providers: [Fine, Misspelt], controllers: [Open] });
    await expect(refused).rejects.toThrow(ConfigurationError);
    await expect(refused).rejects.toThrow(/Open\.run: a route of @TenantOptional.*Misspelt\.run: .*"maxRun"/);
  });

  it.each<[object, RegExp]>([
    [{ exceededStatus: 418 }, /quotas\.exceededStatus is 402, 403 or 429, not 418/],
    [{ exceededStatus: '402' }, /quotas\.exceededStatus/],
    [{ sweepMs: 0 }, /quotas\.sweepMs/],
  ])('does not start with the options %j', async (quotas, message) => {
    await expect(FixtureApp.start({ tenant: { plans: countedPlans, quotas } })).rejects.toThrow(message);
  });
});
