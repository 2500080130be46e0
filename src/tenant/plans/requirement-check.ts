import { Injectable, type OnModuleInit } from '@nestjs/common';
import { MetadataScanner, ModulesContainer, Reflector } from '@nestjs/core';
import { PlanDirectory } from '../catalog/plan-directory.js';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { CHECKED_LIMITS, type CheckedLimit } from './checked-limit.js';
import { REQUIRED_FEATURES, type RequiredFeatures } from './required-features.js';

// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- what decorators leave their metadata on
type Decorated = Function;

/** Refuses to start when a route asks for a limit or feature the catalogue does not have: nobody could have it. */
@Injectable()
export class RequirementCheck implements OnModuleInit {
  readonly #scanner = new MetadataScanner();

  constructor(
    private readonly modules: ModulesContainer,
    private readonly reflector: Reflector,
    private readonly plans: PlanDirectory,
  ) {}

  onModuleInit(): void {
    const problems = this.#classes().flatMap((type) => this.#problemsOf(type));
    if (problems.length > 0) {
      throw new ConfigurationError(
        `${problems.join('; ')}. Declare it in definePlans(), or correct the name.`,
      );
    }
  }

  #classes(): Decorated[] {
    const hosts = [...this.modules.values()].flatMap(({ controllers, providers }) => [
      ...controllers.values(),
      ...providers.values(),
    ]);
    const types = hosts.map(({ metatype }) => metatype).filter((type) => typeof type === 'function');
    return [...new Set<Decorated>(types.filter(({ prototype }) => prototype !== undefined))];
  }

  #problemsOf(type: Decorated): string[] {
    const prototype = type.prototype as Record<string, Decorated>;
    const methods = this.#scanner.getAllMethodNames(prototype);
    return [
      ...this.#unknown(type, type.name),
      ...methods.flatMap((name) => this.#unknown(prototype[name], `${type.name}.${name}`)),
    ];
  }

  #unknown(decorated: Decorated | undefined, where: string): string[] {
    if (!decorated) return [];
    const { limits, features } = this.plans.catalog;
    const required =
      this.reflector.get<readonly RequiredFeatures[] | undefined>(REQUIRED_FEATURES, decorated) ?? [];
    const checked = this.reflector.get<readonly CheckedLimit[] | undefined>(CHECKED_LIMITS, decorated) ?? [];
    const noFeature = required.flatMap(({ names }) => names.filter((name) => !features.includes(name)));
    const noLimit = checked.map(({ limit }) => limit).filter((limit) => !limits.includes(limit));
    return [
      ...(required.some(({ names }) => names.length === 0)
        ? [`${where} requires a feature and names none`]
        : []),
      ...noFeature.map(
        (name) => `${where} requires the feature "${name}", which the catalogue does not have`,
      ),
      ...noLimit.map((name) => `${where} checks the limit "${name}", which the catalogue does not have`),
    ];
  }
}
