import { UnauthenticatedError } from '../errors/request.errors.js';
import { HmacPayloadSigner } from './hmac-payload-signer.js';
import { isTenantPayload, opened, sealed, type TenantPayload } from './tenant-payload.js';

const signer = new HmacPayloadSigner({ keys: ['a key of more than 32 characters…'], maxAgeMs: 1000 });
const tenant = { id: 'aaaaaaaa-0000-4000-8000-000000000000', userId: 'ada', userRoles: ['member'] };
const seal = (data: unknown, issuedAt = Date.now()): TenantPayload =>
  sealed({ ...tenant, issuedAt }, data, signer);

describe('a payload', () => {
  it('is opened after JSON and jsonb had it', () => {
    const { signature, data, tenant: sent } = seal({ b: 1, a: { d: [1, { y: 1, x: 2 }], c: null } });
    const stored = JSON.stringify({
      tenant: Object.fromEntries(Object.entries(sent).reverse()),
      signature,
      data: { a: { c: null, d: [1, { x: 2, y: 1 }] }, b: 1 },
    });
    const back = JSON.parse(stored) as TenantPayload;
    expect(opened(back, signer)).toEqual(sent);
    expect(back.data).toEqual(data);
  });

  it('is opened when its data is nothing that JSON keeps', () => {
    for (const data of [null, undefined, { gone: undefined }, { at: new Date(0) }]) {
      const payload = JSON.parse(JSON.stringify(seal(data))) as TenantPayload;
      expect(opened(payload, signer).id).toBe(tenant.id);
    }
  });

  it.each<[string, (payload: TenantPayload) => unknown]>([
    [
      'another tenant',
      (p) => ({ ...p, tenant: { ...p.tenant, id: 'bbbbbbbb-0000-4000-8000-000000000000' } }),
    ],
    ['another user', (p) => ({ ...p, tenant: { ...p.tenant, userId: 'eve' } })],
    ['more roles', (p) => ({ ...p, tenant: { ...p.tenant, userRoles: ['member', 'admin'] } })],
    ['another kind of caller', (p) => ({ ...p, tenant: { ...p.tenant, kind: 'operator' } })],
    ['another time', (p) => ({ ...p, tenant: { ...p.tenant, issuedAt: p.tenant.issuedAt + 1 } })],
    ['a field more', (p) => ({ ...p, tenant: { ...p.tenant, plan: 'enterprise' } })],
    ['other data', (p) => ({ ...p, data: { place: 2 } })],
    ['no data', ({ tenant, signature }) => ({ tenant, signature })],
    ['no signature', (p) => ({ ...p, signature: '' })],
  ])('is refused with %s', (_what, change) => {
    const changed = change(seal({ place: 1 })) as TenantPayload;
    expect(() => opened(changed, signer)).toThrow(UnauthenticatedError);
  });

  it.each([null, undefined, 'text', 7, [], {}, { tenant: {}, signature: '' }, { data: 1 }])(
    'is not %p',
    (value) => {
      expect(isTenantPayload(value)).toBe(false);
      expect(() => opened(value as TenantPayload, signer)).toThrow(
        'not one that serializeTenantContext() made',
      );
    },
  );

  it('is refused once it has waited for too long', () => {
    expect(opened(seal(1, Date.now() - 900), signer).id).toBe(tenant.id);
    expect(() => opened(seal(1, Date.now() - 1001), signer)).toThrow('older than payloads.maxAgeMs');
  });
});
