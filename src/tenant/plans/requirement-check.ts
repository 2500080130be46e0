import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer, Reflector } from '@nestjs/core';
import { PlanDirectory } from '../catalog/plan-directory.js';
import { applicationClasses, type Decorated, methodsOf } from '../context/decorated-methods.js';
import { ConfigurationError } from '../errors/isolation.errors.js';
import { CHECKED_LIMITS, type CheckedLimit } from './checked-limit.js';
import { REQUIRED_FEATURES, type RequiredFeatures } from './required-features.js';

/** Refuses to start when a route asks for a limit or feature the catalogue does not have: nobody could have it. */
@Injectable()
export class RequirementCheck implements OnModuleInit {
  constructor(
    private readonly modules: ModulesContainer,
    private readonly reflector: Reflector,
    private readonly plans: PlanDirectory,
  ) {}

  onModuleInit(): void {
    const problems = applicationClasses(this.modules).flatMap((type) => this.#problemsOf(type));
    if (problems.length > 0) {
      throw new ConfigurationError(
        `${problems.join('; ')}. Declare it in definePlans(), or correct the name.`,
      );
    }
  }

  #problemsOf(type: Decorated): string[] {
    return [
      ...this.#unknown(type, type.name),
      ...methodsOf(type).flatMap(({ method, where }) => this.#unknown(method, where)),
    ];
  }

  #unknown(decorated: Decorated, where: string): string[] {
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
