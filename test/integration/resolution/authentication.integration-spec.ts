import { JwtService } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';
import { ClaimTenantResolver, standardResolvers, type Tenant } from '@parallax/tenant';
import { FixtureApp, memberOf, operatorWith } from '../../support/fixture-app.js';
import { JwtStrategy, NotesController } from './passport.example.js';
import * as plain from './plain-guard.example.js';

/** Who is calling is what the guard before TenantGuard left in the request, as it is by default. */
const afterOwnGuard = { principal: undefined, globalGuard: false } as const;

describe('TenantGuard after the guard of Passport, on Express', () => {
  const secret = 'a secret of thirty-two characters';
  const jwt = new JwtService({ secret });
  let app: FixtureApp;
  let acme: Tenant;
  let globex: Tenant;

  beforeAll(async () => {
    process.env.JWT_SECRET = secret;
    app = await FixtureApp.start({
      adapter: 'express',
      imports: [PassportModule],
      controllers: [NotesController],
      providers: [JwtStrategy],
      tenant: {
        ...afterOwnGuard,
        resolvers: [...standardResolvers(), new ClaimTenantResolver('org', { explicit: false })],
      },
    });
    [acme, globex] = [await app.createTenant('Acme'), await app.createTenant('Globex')];
    await app.createTenant('Initech');
  });
  afterAll(async () => {
    delete process.env.JWT_SECRET;
    await app.close();
  });

  const token = (claims: object = {}) =>
    jwt.sign({ sub: 'linus', roles: ['member'], tenants: [acme.id, globex.id], ...claims });
  const get = (bearer: string, tenant?: string) =>
    app.get('/notes', null, {
      Authorization: `Bearer ${bearer}`,
      ...(tenant !== undefined && { 'X-Tenant-ID': tenant }),
    });

  it('lets a person of two tenants into each of them, into the first when none is named', async () => {
    expect((await get(token(), 'globex')).json()).toEqual({ tenant: 'globex', user: 'linus' });
    expect((await get(token(), acme.id)).json()).toEqual({ tenant: 'acme', user: 'linus' });
    expect((await get(token())).json()).toEqual({ tenant: 'acme', user: 'linus' });
  });

  it('lets nobody into a third', async () => {
    for (const name of ['initech', 'no-such']) expect((await get(token(), name)).status).toBe(404);
  });

  it('finds the claims of the token where the strategy left them', async () => {
    const ofNoTenant = token({ tenants: [], org: 'globex' });
    expect((await get(ofNoTenant)).status).toBe(404);
    expect((await get(ofNoTenant, 'acme')).status).toBe(404);
  });

  it.each<[string, () => string]>([
    ['signed with another secret', () => new JwtService({ secret: 'x'.repeat(32) }).sign({ sub: 'eve' })],
    ['signed with another algorithm', () => jwt.sign({ sub: 'eve' }, { algorithm: 'HS512' })],
    ['not signed', () => unsigned({ sub: 'eve', tenants: [acme.id] })],
    ['expired', () => jwt.sign({ sub: 'linus', exp: 1 })],
    ['altered', () => token().replace(/\.(.)/, (_, first) => (first === 'e' ? '.f' : '.e'))],
    ['none', () => ''],
  ])('is not reached with a token that is %s', async (_what, bearer) => {
    const answer = await get(bearer(), 'acme');
    expect([answer.status, answer.json()]).toEqual([401, { message: 'Unauthorized', statusCode: 401 }]);
  });
});

describe('TenantGuard after a plain guard of the application, on Fastify', () => {
  it('lets the holder of a key into its tenants', async () => {
    const app = await FixtureApp.start({
      controllers: [plain.NotesController],
      providers: [plain.ApiKeys],
      tenant: afterOwnGuard,
    });
    const [acme, globex] = [await app.createTenant('Acme'), await app.createTenant('Globex')];
    const keys = app.app.get(plain.ApiKeys);
    keys.issue('key-of-ada', memberOf(acme, globex));
    keys.issue('key-of-olga', operatorWith('tenants:read'));
    const get = (key: string, headers: Record<string, string> = {}) =>
      app.get('/notes', null, { 'X-API-Key': key, ...headers });
    expect((await get('key-of-ada')).json()).toEqual({ tenant: 'acme', user: 'ada' });
    expect((await get('key-of-ada', { 'X-Tenant-ID': 'globex' })).json()).toMatchObject({ tenant: 'globex' });
    expect((await get('key-of-ada', { 'X-Tenant-ID': 'initech' })).status).toBe(404);
    expect((await get('key-of-olga', { 'X-Tenant-ID': 'acme' })).status).toBe(404);
    const nobody = await get('another');
    expect([nobody.status, nobody.json().code]).toEqual([401, 'UNAUTHENTICATED']);
    expect((await app.get('/notes', memberOf(acme))).status).toBe(401);
    await app.close();
  });
});

function unsigned(payload: object): string {
  const parts = [{ alg: 'none', typ: 'JWT' }, payload].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  return `${parts.join('.')}.`;
}
