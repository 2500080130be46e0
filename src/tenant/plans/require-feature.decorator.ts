import { applyDecorators, UseGuards } from '@nestjs/common';
import { addMetadata } from './add-metadata.js';
import { FeatureGuard } from './feature.guard.js';
import { REQUIRED_FEATURES, type RequiredFeatures } from './required-features.js';

/**
 * The route or controller is for tenants whose plan, or whose own override, includes the features: all of those
 * listed, or, given as `{ any: […] }`, one of them. Given several times, on controller and route or on one of
 * them, all must hold. Names are checked against the catalogue when the application starts. Brings FeatureGuard
 * along, which needs TenantGuard before it. Write it above a decorator that puts another function in the method's
 * place: such a one loses what is written below it.
 *
 * @throws FeatureNotEntitledError (403), with the plans the feature is in.
 * @example
 * \@RequireFeature('dataExport', 'auditLogs') \@Get('export') export() { … }
 * \@RequireFeature({ any: ['sso', 'customIntegrations'] }) \@Get('directory') directory() { … }
 */
export const RequireFeature = (
  ...features: readonly [string, ...string[]] | readonly [{ readonly any: readonly string[] }]
): ClassDecorator & MethodDecorator => {
  const [first] = features;
  const required: RequiredFeatures =
    typeof first === 'object'
      ? { names: first.any, enough: 'one' }
      : { names: features as readonly string[], enough: 'all' };
  return applyDecorators(addMetadata(REQUIRED_FEATURES, required), UseGuards(FeatureGuard));
};
