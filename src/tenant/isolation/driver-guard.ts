import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ConfigurationError } from '../errors/isolation.errors.js';

/** Major and minor version of what isolation is built into. The suites of this repository were run against these. */
const SUPPORTED = { pg: '8.23', typeorm: '1.1' } as const;

export type GuardedPackage = keyof typeof SUPPORTED;

/** A method that isolation overrides or calls, on the prototype it has to be on. */
export type Expected = readonly [prototype: object, method: string];

/**
 * Refuses a version of a package that isolation was not tried with: a hook that moved would let statements through
 * unfiltered, without an error.
 *
 * @throws ConfigurationError naming the version found and the one to install
 */
export function assertSupported(
  name: GuardedPackage,
  expected: readonly Expected[],
  version = installedVersion(name),
): void {
  const fix = `Install ${name} ${SUPPORTED[name]}.x, or a version of @parallax/tenant made for the one you have.`;
  if (version !== undefined && !version.startsWith(`${SUPPORTED[name]}.`)) {
    throw new ConfigurationError(`${name} ${version} was not tried with this version of the library. ${fix}`);
  }
  const missing = expected.filter(([owner, method]) => !(method in owner)).map(([, method]) => method);
  if (missing.length > 0) {
    throw new ConfigurationError(`This version of ${name} lacks ${missing.join(', ')}. ${fix}`);
  }
}

const versions = new Map<GuardedPackage, string | undefined>();

/** Undefined in a bundle, where there is no manifest to read: there the shape alone tells. */
function installedVersion(name: GuardedPackage): string | undefined {
  if (!versions.has(name)) versions.set(name, readVersion(name));
  return versions.get(name);
}

function readVersion(name: GuardedPackage): string | undefined {
  try {
    let directory = dirname(createRequire(import.meta.url).resolve(name));
    while (!existsSync(join(directory, 'package.json'))) directory = dirname(directory);
    const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as {
      readonly name: string;
      readonly version: string;
    };
    return manifest.name === name ? manifest.version : undefined;
  } catch {
    return undefined;
  }
}
