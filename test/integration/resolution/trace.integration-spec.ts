import { Controller, Get } from '@nestjs/common';
import { getTenantContext, type Tenant } from '@parallax/tenant';
import { ADAPTERS, FixtureApp, memberOf } from '../../support/fixture-app.js';
import { UNKNOWN_ID } from './answers.js';
import { WhoController } from './who.controller.js';

const EXPLICIT = ['the header X-Tenant-ID', 'the path parameter :tenantId', 'the query parameter tenant'];
const OWN = "the credential's own tenant";

@Controller()
class TamperingController {
  @Get('tamper')
  tamper(): object {
    const { resolution } = getTenantContext();
    const attempts = [
      () => Object.assign(resolution!, { source: 'another' }),
      () => (resolution!.asked as unknown[]).pop(),
      () => Object.assign(resolution!.asked[0]!, { named: true }),
    ];
    const failed = attempts.filter((attempt) => {
      try {
        attempt();
        return false;
      } catch {
        return true;
      }
    });
    return { failed: failed.length };
  }
}

describe.each(ADAPTERS)('how a tenant was found on %s', (adapter) => {
  let app: FixtureApp;
  let own: Tenant;
  const debug = jest.fn();
  const silent = () => undefined;

  beforeAll(async () => {
    app = await FixtureApp.start({
      adapter,
      controllers: [WhoController, TamperingController],
      configure: (nest) => nest.useLogger({ log: silent, warn: silent, error: silent, debug }),
    });
    own = await app.createTenant('Own');
  });
  beforeEach(() => debug.mockClear());
  afterAll(() => app.close());

  const told = (): unknown[] =>
    debug.mock.calls
      .filter(([, context]) => context === 'TenantGuard')
      .map(([message]) => message as unknown);

  it('stands in the context: which source counted, and which were asked', async () => {
    expect((await app.get('/who?tenant=own', memberOf(own))).json().resolution).toEqual({
      source: EXPLICIT[2],
      asked: EXPLICIT.map((source, at) => ({ source, named: at === 2 })),
    });
    expect((await app.get('/who', memberOf(own))).json().resolution).toEqual({
      source: OWN,
      asked: [...EXPLICIT.map((source) => ({ source, named: false })), { source: OWN, named: true }],
    });
  });

  it('cannot be changed by who reads it', async () => {
    expect((await app.get('/tamper', memberOf(own))).json()).toEqual({ failed: 3 });
  });

  it('stands in the debug log, with the tenant entered', async () => {
    await app.get('/who?tenant=own', memberOf(own));
    const [header, path, query] = EXPLICIT;
    expect(told()).toEqual([
      `Tenant ${own.id}, by ${query} (asked: ${header}: nothing; ${path}: nothing; ${query}: named one)`,
    ]);
  });

  it('stands there also when nobody was let in, and then without what was named', async () => {
    const foreign = await app.createTenant('Foreign');
    for (const name of [foreign.id, 'foreign', UNKNOWN_ID, 'no-such']) {
      debug.mockClear();
      await app.get('/who', memberOf(own), { 'X-Tenant-ID': name });
      expect(told()).toEqual([expect.stringMatching(/^No tenant, by the header X-Tenant-ID \(asked: /)]);
      expect(JSON.stringify(debug.mock.calls)).not.toContain(name === 'foreign' ? '"foreign"' : name);
    }
  });
});
