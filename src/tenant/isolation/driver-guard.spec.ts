import pg from 'pg';
import { assertSupportedPg } from './client/pg-internals.js';
import { assertSupported, type Expected } from './driver-guard.js';
import { assertSupportedTypeOrm } from './orm/typeorm-internals.js';

const there: Expected = [{ method: () => undefined }, 'method'];

describe('The guard of the drivers', () => {
  it('lets those pass that are installed here', () => {
    expect(() => assertSupportedPg()).not.toThrow();
    expect(() => assertSupportedTypeOrm()).not.toThrow();
  });

  it.each([
    ['pg', '8.23.9'],
    ['typeorm', '1.1.0'],
  ] as const)('lets %s %s pass', (name, version) => {
    expect(() => assertSupported(name, [there], version)).not.toThrow();
  });

  it.each([
    ['pg', '8.24.0', 'Install pg 8.23.x'],
    ['pg', '9.0.0', 'Install pg 8.23.x'],
    ['pg', '8.2.3', 'Install pg 8.23.x'],
    ['typeorm', '1.10.0', 'Install typeorm 1.1.x'],
    ['typeorm', '0.3.28', 'Install typeorm 1.1.x'],
  ] as const)('refuses %s %s, with what to install', (name, version, fix) => {
    const guard = (): void => assertSupported(name, [there], version);
    expect(guard).toThrow(`${name} ${version} was not tried`);
    expect(guard).toThrow(fix);
  });

  it('refuses a package that lacks what is overridden', () => {
    const guard = (): void => assertSupported('pg', [there, [{}, 'gone']], '8.23.1');
    expect(guard).toThrow('This version of pg lacks gone. Install pg 8.23.x');
  });

  it('refuses the client of pg-native, with what to remove', () => {
    class NativeClient {
      readonly native = true;
    }
    expect(() => assertSupportedPg(NativeClient as unknown as typeof pg.Client)).toThrow('Remove pg-native');
  });
});
