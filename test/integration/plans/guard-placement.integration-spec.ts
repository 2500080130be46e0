import { Controller, Get, Module, type Type, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  CheckLimit,
  FeatureGuard,
  LimitGuard,
  RequireFeature,
  TenantGuard,
  TenantModule,
  InMemoryTenantStore,
  TenantOptional,
} from '@parallax/tenant';
import { Test } from '@nestjs/testing';
import { ADAPTERS, FixtureApp, memberOf } from '../../support/fixture-app.js';

let entered = 0;

@Controller()
class PlacedController {
  @RequireFeature('sso')
  @UseGuards(TenantGuard)
  @Get('feature/above')
  featureAbove(): object {
    return { entered: ++entered };
  }

  @UseGuards(TenantGuard)
  @RequireFeature('sso')
  @Get('feature/below')
  featureBelow(): object {
    return { entered: ++entered };
  }

  @CheckLimit('maxAgents', () => 0)
  @UseGuards(TenantGuard)
  @Get('limit/above')
  limitAbove(): object {
    return { entered: ++entered };
  }

  @UseGuards(TenantGuard)
  @CheckLimit('maxAgents', () => 0)
  @Get('limit/below')
  limitBelow(): object {
    return { entered: ++entered };
  }

  @RequireFeature('sso')
  @Get('feature/alone')
  featureAlone(): object {
    return { entered: ++entered };
  }
}

@UseGuards(TenantGuard)
@Controller('guarded')
class GuardedController {
  @RequireFeature('sso')
  @Get()
  list(): object {
    return { entered: ++entered };
  }
}

describe.each(ADAPTERS)('guards of the plan and TenantGuard on %s', (adapter) => {
  it('need it before them: on one method, above it; reached before it they let nobody in, and say so', async () => {
    const app = await FixtureApp.start({
      adapter,
      controllers: [PlacedController, GuardedController],
      tenant: { globalGuard: false },
    });
    const acme = await app.tenants.createTenant('Acme', {}, 'professional');
    entered = 0;
    const get = (path: string) => app.get(path, memberOf(acme));
    for (const path of ['/feature/above', '/limit/above', '/guarded']) {
      expect([path, (await get(path)).status]).toEqual([path, 200]);
    }
    expect(entered).toBe(3);
    for (const path of ['/feature/below', '/limit/below', '/feature/alone']) {
      const answer = await get(path);
      expect([path, answer.status, answer.json().code]).toEqual([path, 500, 'TENANT_SCOPE_MISSING']);
      expect(answer.text).not.toContain('UseGuards');
      expect(app.errors.at(-1)?.message).toMatch(/^@\w+ was reached before TenantGuard \(on one method/);
    }
    expect(entered).toBe(3);
    await app.close();
  });

  it('may stand for every route, and ask nothing where no decorator does', async () => {
    @Controller()
    class OpenController {
      @TenantOptional()
      @Get('open')
      open(): object {
        return { open: true };
      }
    }
    const app = await FixtureApp.start({
      adapter,
      controllers: [OpenController],
      providers: [
        { provide: APP_GUARD, useClass: FeatureGuard },
        { provide: APP_GUARD, useClass: LimitGuard },
      ],
    });
    expect((await app.get('/open', null)).json()).toEqual({ open: true });
    await app.close();
  });
});

describe('the names that decorators of the plan give', () => {
  const start = (...controllers: Type[]) => FixtureApp.start({ controllers });
  const any: readonly string[] = [];

  @RequireFeature({ any })
  @Controller()
  class EmptyController {
    @RequireFeature('expotr')
    @Get('feature')
    feature(): void {
      return;
    }

    @RequireFeature('sso')
    @RequireFeature({ any: ['sso', 'ssso'] })
    @Get('any')
    anyOf(): void {
      return;
    }

    @CheckLimit('maxAgent', () => 0)
    @CheckLimit('maxAgents', () => 0)
    @Get('limit')
    limit(): void {
      return;
    }
  }

  it('must be in the catalogue: the start fails and names every place', async () => {
    await expect(start(EmptyController)).rejects.toThrow(
      'EmptyController requires a feature and names none; ' +
        'EmptyController.feature requires the feature "expotr", which the catalogue does not have; ' +
        'EmptyController.anyOf requires the feature "ssso", which the catalogue does not have; ' +
        'EmptyController.limit checks the limit "maxAgent", which the catalogue does not have.',
    );
  });

  it.each(['constructor', '__proto__', 'maxAgents'])('are no feature when they are %s', async (name) => {
    @Controller()
    class OddController {
      @RequireFeature(name)
      @Get()
      odd(): void {
        return;
      }
    }
    await expect(start(OddController)).rejects.toThrow(`OddController.odd requires the feature "${name}"`);
  });

  it('are checked, and the guards work, in a module that is not global', async () => {
    const tenancy = TenantModule.forRoot({
      store: new InMemoryTenantStore(),
      isGlobal: false,
      globalGuard: false,
    });
    @Module({ imports: [tenancy], controllers: [GuardedController] })
    class FeatureModule {}
    @Module({ imports: [tenancy], controllers: [EmptyController] })
    class MistakenModule {}

    const good = await Test.createTestingModule({ imports: [FeatureModule] }).compile();
    await good.init();
    await good.close();
    const mistaken = await Test.createTestingModule({ imports: [FeatureModule, MistakenModule] }).compile();
    await expect(mistaken.init()).rejects.toThrow('EmptyController.feature requires the feature');
  });
});
