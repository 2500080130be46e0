import { isIP } from 'node:net';
import type { Reader } from './environment.js';

export const text: Reader<string> = (value) => value;

export const matching =
  (pattern: RegExp): Reader<string> =>
  (value) =>
    pattern.test(value) ? value : undefined;

export const integer =
  (min: number, max: number): Reader<number> =>
  (value) => {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    return number >= min && number <= max ? number : undefined;
  };

export const oneOf =
  <T extends string>(...choices: readonly T[]): Reader<T> =>
  (value) =>
    choices.find((choice) => choice === value);

export type TrustProxy = boolean | number | readonly string[];

const NETWORKS = new Set(['loopback', 'linklocal', 'uniquelocal']);

/** `true`, `false`, a number of proxies, or the addresses and networks they have. */
export const trustProxy: Reader<TrustProxy> = (value) => {
  if (value === 'true' || value === 'false') return value === 'true';
  if (/^\d{1,2}$/.test(value)) return Number(value);
  const networks = value.split(',').map((network) => network.trim());
  return networks.every(isNetwork) ? networks : undefined;
};

function isNetwork(network: string): boolean {
  if (NETWORKS.has(network)) return true;
  const [address = '', bits, ...rest] = network.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}
