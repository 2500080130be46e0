import { Controller, Get, Injectable, type Type } from '@nestjs/common';
import { Cron, Interval } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { countedPlans } from '../../../test/support/counted.js';
import { PlanDirectory } from '../catalog/plan-directory.js';
import { PlatformOnly, TenantOptional } from '../resolution/route-access.js';
import { CheckQuota } from './check-quota.decorator.js';
import { QuotaRequirementCheck } from './quota-requirement-check.js';

const done = (): Promise<void> => Promise.resolve();

@Controller()
class Fine {
  @CheckQuota('maxRuns')
  @CheckQuota('maxAtOnce')
  @CheckQuota('maxRunsPerMinute')
  @Get()
  run(): Promise<void> {
    return done();
  }
}

@Injectable()
class Unknown {
  @CheckQuota('maxRun')
  run(): Promise<void> {
    return done();
  }
}

@Injectable()
class Uncounted {
  @CheckQuota('maxRuns')
  @CheckQuota('retentionDays')
  run(): Promise<void> {
    return done();
  }
}

@Injectable()
class Rows {
  @CheckQuota('maxSeats')
  run(): Promise<void> {
    return done();
  }
}

@Controller('admin')
@PlatformOnly('tenants:read')
class OfPlatform {
  @CheckQuota('maxRuns')
  @Get()
  run(): Promise<void> {
    return done();
  }
}

@Controller('public')
class OfAnybody {
  @TenantOptional()
  @CheckQuota('maxRuns')
  @Get()
  run(): Promise<void> {
    return done();
  }
}

@Injectable()
class AtStart {
  @CheckQuota('maxRuns')
  onModuleInit(): Promise<void> {
    return done();
  }
}

@Injectable()
class AtNight {
  @Cron('0 0 * * *')
  @CheckQuota('maxRuns')
  sweep(): Promise<void> {
    return done();
  }

  @CheckQuota('maxRuns')
  @Interval(1000)
  tick(): Promise<void> {
    return done();
  }
}

@Injectable()
class Inherited extends Rows {}

async function start(...types: Type[]): Promise<string> {
  const module = await Test.createTestingModule({
    controllers: types.filter((type) => Reflect.hasMetadata('path', type)),
    providers: [
      QuotaRequirementCheck,
      { provide: PlanDirectory, useValue: new PlanDirectory(countedPlans) },
      ...types.filter((type) => !Reflect.hasMetadata('path', type)),
    ],
  }).compile();
  try {
    module.get(QuotaRequirementCheck).onModuleInit();
    return 'started';
  } catch (error) {
    return String(error);
  } finally {
    await module.close();
  }
}

describe(QuotaRequirementCheck.name, () => {
  it('lets start what can be counted', async () => {
    expect(await start(Fine)).toBe('started');
  });

  it.each([
    [Unknown, /@CheckQuota on Unknown\.run: the catalogue has no limit "maxRun": declare it/],
    [Uncounted, /@CheckQuota on Uncounted\.run: "retentionDays" has no kind/],
    [Rows, /@CheckQuota on Rows\.run: "maxSeats" counts the rows there are: let enforceAllocationLimit/],
    [OfPlatform, /@CheckQuota on OfPlatform\.run: a route of @PlatformOnly has no tenant/],
    [OfAnybody, /@CheckQuota on OfAnybody\.run: a route of @TenantOptional may go without a tenant/],
    [AtStart, /@CheckQuota on AtStart\.onModuleInit: no tenant is there when NestJS calls onModuleInit/],
    [AtNight, /AtNight\.sweep: no tenant .* the scheduler calls it.*AtNight\.tick: no tenant/],
    [Inherited, /@CheckQuota on Inherited\.run: "maxSeats" counts the rows/],
  ])('refuses %p, names it and says what to do', async (type, message) => {
    expect(await start(Fine, type)).toMatch(message);
  });

  it('names everything at once', async () => {
    expect(await start(Unknown, Rows, AtStart)).toMatch(/Unknown\.run.*Rows\.run.*AtStart\.onModuleInit/);
  });
});
