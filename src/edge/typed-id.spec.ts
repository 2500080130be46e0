import { NotFoundError } from '@parallax/tenant';
import fc from 'fast-check';
import { ADAPTERS, startEdgeApp } from '../../test/support/edge-app.js';
import { decodeId, encodeId, parseId } from './typed-id.js';

const UUID = '0198c0de-0000-7000-8000-000000000001';
const PREFIXES = ['tnt', 'agt', 'pat', 'exe', 'key'] as const;

describe('typed ids', () => {
  it('have the form of a TypeID', () => {
    // https://github.com/jetify-com/typeid/blob/main/spec/valid.json
    expect(encodeId('agt', '01890a5d-ac96-774b-bcce-b302099a8057')).toBe('agt_01h455vb4pex5vsknk084sn02q');
  });

  it('stand for one uuid each, of one type', () => {
    fc.assert(
      fc.property(
        fc.uuid(),
        fc.constantFrom(...PREFIXES),
        fc.constantFrom(...PREFIXES),
        (uuid, prefix, other) => {
          const id = encodeId(prefix, uuid);
          expect(decodeId(prefix, id)).toBe(uuid);
          expect(decodeId(other, id)).toBe(other === prefix ? uuid : undefined);
        },
      ),
    );
  });

  it('have no second spelling', () => {
    fc.assert(
      fc.property(
        fc.string({
          minLength: 26,
          maxLength: 26,
          unit: fc.constantFrom(...Array.from('0123456789abcdefghijklmnopqrstuvwxyz')),
        }),
        (suffix) => {
          const uuid = decodeId('agt', `agt_${suffix}`);
          if (uuid !== undefined) expect(encodeId('agt', uuid)).toBe(`agt_${suffix}`);
        },
      ),
    );
  });

  it.each([
    [''],
    ['agt'],
    ['agt_'],
    [UUID],
    [encodeId('agt', UUID).toUpperCase()],
    [encodeId('agt', UUID).slice(0, -1)],
    [`${encodeId('agt', UUID)}0`],
    [` ${encodeId('agt', UUID)}`],
    [`${encodeId('agt', UUID)}\n`],
    [encodeId('tnt', UUID)],
    ['agt_8zzzzzzzzzzzzzzzzzzzzzzzzz'],
    ['agt_01h455vb4pex5vsknk084sn0il'],
    ['_01h455vb4pex5vsknk084sn02q'],
    ['constructor'],
  ])('are not %j', (text) => {
    expect(decodeId('agt', text)).toBeUndefined();
    expect(() => parseId('agt', 'agent').transform(text)).toThrow(NotFoundError);
  });

  it.each([[undefined], [null], [5], [['agt']], [{}]])('are not %p', (value) => {
    expect(() => parseId('agt', 'agent').transform(value)).toThrow('There is no such agent.');
  });
});

describe.each(ADAPTERS)('typed ids in a path on %s', (adapter) => {
  it('are decoded, or not found', async () => {
    const edge = await startEdgeApp(adapter);
    const find = async (id: string): Promise<[number, unknown]> => {
      const response = await fetch(`${edge.url}/things/${id}`);
      return [response.status, await response.json()];
    };
    expect(await find(encodeId('agt', UUID))).toEqual([200, { uuid: UUID }]);
    for (const id of [UUID, encodeId('tnt', UUID), 'x', '%00', '..%2f..', 'agt_%E2%80%AE']) {
      expect(await find(id)).toMatchObject([404, { code: 'NOT_FOUND', detail: 'There is no such agent.' }]);
    }
    await edge.close();
  });
});
