import { Controller, Get } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { CurrentTenant, type Principal, type Tenant } from '@parallax/tenant';
import { ADAPTERS, credential, FixtureApp, memberOf } from '../../support/fixture-app.js';

/** What no tenant's id or slug looks like. */
const MALFORMED: Readonly<Record<string, string>> = {
  'a path upwards': '../own',
  'a wildcard': '*',
  "JavaScript's null": 'null',
  "JavaScript's undefined": 'undefined',
  'a prototype': '__proto__',
  '4 KB': 'x'.repeat(4096),
  'a space inside': 'own own',
  'two in one': 'own,other',
  'a slug in upper case': 'OWN',
  'a hyphen first': '-own',
  'an apostrophe': "own'--",
  'a line break, encoded': 'own%0A',
  'a NUL, encoded': 'own%00',
  'non-ASCII': 'öwn',
  'a cyrillic look-alike': 'оwn',
};

/** What Fastify's router says of a long parameter before anyone else is asked. */
const PARAMETER_TOO_LONG = 414;

const GROUPED = '{12345678-1234-4234-8234-123456789abc}';

@Controller()
class WhoController {
  @Get('who')
  who(@CurrentTenant('tenantId') tenantId: string): object {
    return { tenantId };
  }

  @Get('tenants/:tenantId/who')
  whoByPath(@CurrentTenant('tenantId') tenantId: string): object {
    return { tenantId };
  }
}

describe.each(ADAPTERS)('what names a tenant on %s', (adapter) => {
  let app: FixtureApp;
  let own: Tenant;
  let other: Tenant;
  let principal: Principal;

  beforeAll(async () => {
    app = await FixtureApp.start({ adapter, controllers: [WhoController] });
    [own, other] = [await app.createTenant('Own'), await app.createTenant('Other')];
    principal = memberOf(own, other);
  });
  afterAll(() => app.close());

  const byHeader = (value: string | string[]) => app.send('/who', principal, { 'X-Tenant-ID': value });
  const byQuery = (query: string) => app.send(`/who?${query}`, principal, {});
  const byPath = (segment: string) => app.send(`/tenants/${segment}/who`, principal, {});

  const expectInvalid = (
    { status, text }: { status: number; text: string },
    source: string,
    sent: string,
  ) => {
    expect([status, JSON.parse(text)]).toEqual([
      400,
      {
        type: 'about:blank',
        title: 'Invalid tenant reference',
        status: 400,
        detail: `The tenant given by ${source} is not one well-formed tenant id or slug.`,
        code: 'TENANT_INVALID',
      },
    ]);
    if (sent.length > 3) expect(text).not.toContain(sent);
  };

  describe.each(Object.entries({ ...MALFORMED, 'a uuid in braces': GROUPED }))('%s', (_what, value) => {
    it('is refused in the header', async () => {
      const bytes = Buffer.from(value).toString('latin1');
      expectInvalid(await byHeader(bytes), 'the header X-Tenant-ID', value);
    });

    it('is refused in the query', async () => {
      const answer = await byQuery(`tenant=${encodeURIComponent(value)}`);
      expectInvalid(answer, 'the query parameter tenant', value);
    });

    it('is refused in the path', async () => {
      const answer = await byPath(encodeURIComponent(value));
      if (answer.status === PARAMETER_TOO_LONG) expect([adapter, value.length]).toEqual(['fastify', 4096]);
      else expectInvalid(answer, 'the path parameter :tenantId', value);
    });
  });

  it.each(['constructor', 'tostring'])('knows no tenant called %s', async (word) => {
    for (const answer of [await byHeader(word), await byQuery(`tenant=${word}`), await byPath(word)]) {
      expect([answer.status, answer.json().code]).toEqual([404, 'TENANT_NOT_FOUND']);
    }
  });

  it('refuses an empty header and an empty query parameter, which name nobody', async () => {
    expectInvalid(await byHeader(''), 'the header X-Tenant-ID', '');
    expectInvalid(await byQuery('tenant='), 'the query parameter tenant', '');
    expectInvalid(await byQuery('tenant'), 'the query parameter tenant', '');
  });

  it('refuses a repeated header, also when both say the same', async () => {
    expectInvalid(await byHeader([own.id, other.id]), 'the header X-Tenant-ID', own.id);
    expectInvalid(await byHeader([own.id, own.id]), 'the header X-Tenant-ID', own.id);
    const mixed = await app.send('/who', principal, { 'X-Tenant-ID': [own.id, ''] });
    expectInvalid(mixed, 'the header X-Tenant-ID', own.id);
  });

  it.each([
    'tenant=OWN&tenant=OTHER',
    'tenant=OWN&tenant=OWN',
    'tenant[]=OWN',
    'tenant[0]=OWN',
    'tenant[x]=OWN',
    'tenant[x][y]=OWN',
    'tenant[]=OWN&tenant[]=OTHER',
    'tenant=OWN&tenant[]=OTHER',
    'tenant%5B%5D=OWN',
    'tenant%5bx%5d=OWN',
    '%74enant=OWN&tenant=OTHER',
    't%65nant%5B%5D=OTHER',
  ])('refuses the query %s', async (query) => {
    const sent = query.replaceAll('OWN', own.id).replaceAll('OTHER', other.id);
    expectInvalid(await byQuery(sent), 'the query parameter tenant', own.id);
  });

  it('takes no other parameter for the tenant', async () => {
    for (const query of [
      `Tenant=${other.id}`,
      `tenants=${other.id}`,
      `tenant.x=${other.id}`,
      `x[tenant]=${other.id}`,
    ]) {
      expect((await byQuery(query)).json()).toEqual({ tenantId: own.id });
    }
  });

  it('takes a uuid in upper case for the one it is', async () => {
    const upper = other.id.toUpperCase();
    for (const answer of [await byHeader(upper), await byQuery(`tenant=${upper}`), await byPath(upper)]) {
      expect(answer.json()).toEqual({ tenantId: other.id });
    }
  });

  it.each(['%7B', 'urn:uuid:'])('refuses a uuid behind %s', async (prefix) => {
    expectInvalid(await byPath(prefix + other.id), 'the path parameter :tenantId', other.id);
  });

  it('takes the header whatever the case of its name', async () => {
    expect((await app.send('/who', principal, { 'x-TENANT-id': other.id })).json()).toEqual({
      tenantId: other.id,
    });
  });

  it('answers unknown, foreign and deleted with the same bytes', async () => {
    const foreign = await app.createTenant('Foreign');
    const deleted = await app.createTenant('Deleted');
    await app.deleteTenant(deleted);
    const insider = memberOf(own, deleted);
    const answers = await Promise.all(
      [
        'ffffffff-0000-4000-8000-000000000000',
        'no-such-tenant',
        foreign.id,
        foreign.slug,
        deleted.id,
        deleted.slug,
      ].flatMap((tenant) => [
        app.send('/who', insider, { 'X-Tenant-ID': tenant }),
        app.send(`/who?tenant=${tenant}`, insider, {}),
        app.send(`/tenants/${tenant}/who`, insider, {}),
      ]),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404]));
    expect([...new Set(answers.map(({ text }) => text))]).toEqual([
      '{"type":"about:blank","title":"Tenant not found","status":404,' +
        '"detail":"There is no such tenant.","code":"TENANT_NOT_FOUND"}',
    ]);
  });

  it('tells a member, and nobody else, that a tenant is suspended', async () => {
    const suspended = await app.createTenant('Suspended');
    await app.tenants.suspendTenant(suspended.id, 'unpaid bills');
    const toMember = await app.send('/who', memberOf(suspended), {});
    expect([toMember.status, toMember.json().code]).toEqual([403, 'TENANT_SUSPENDED']);
    expect(toMember.text).not.toContain('unpaid');
    expect((await byHeader(suspended.id)).json().code).toBe('TENANT_NOT_FOUND');
  });
});

describe('a request injected into Fastify, which never saw a socket', () => {
  it('is read as any other', async () => {
    const app = await FixtureApp.start({ controllers: [WhoController] });
    const [own, other] = [await app.createTenant('Own'), await app.createTenant('Other')];
    const inject = async (tenant: string | string[]): Promise<number> => {
      const headers = { ...credential(memberOf(own)), 'x-tenant-id': tenant as string };
      const { statusCode } = await (app.app as NestFastifyApplication).inject({ url: '/who', headers });
      return statusCode;
    };
    expect(await inject(own.id)).toBe(200);
    expect(await inject(other.id)).toBe(404);
    expect(await inject([own.id, own.id])).toBe(400);
    await app.close();
  });
});
