import { MetadataScanner, type ModulesContainer } from '@nestjs/core';

// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- what decorators leave their metadata on
export type Decorated = Function;

export interface DecoratedMethod {
  readonly name: string;
  readonly method: Decorated;
  /** For messages: `AgentsController.create`. */
  readonly where: string;
}

/** The classes of an application's controllers and providers, each once. */
export function applicationClasses(modules: ModulesContainer): Decorated[] {
  const hosts = [...modules.values()].flatMap(({ controllers, providers }) => [
    ...controllers.values(),
    ...providers.values(),
  ]);
  const types = hosts.map(({ metatype }) => metatype).filter((type) => typeof type === 'function');
  return [...new Set<Decorated>(types.filter(({ prototype }) => prototype !== undefined))];
}

/** The methods of a class, those it inherits included. */
export function methodsOf(type: Decorated): DecoratedMethod[] {
  const prototype = type.prototype as Record<string, Decorated | undefined>;
  return new MetadataScanner().getAllMethodNames(prototype).flatMap((name) => {
    const method = prototype[name];
    return method ? [{ name, method, where: `${type.name}.${name}` }] : [];
  });
}
