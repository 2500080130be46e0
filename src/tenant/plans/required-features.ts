/** Of a class or method: a list, one for each decorator. */
export const REQUIRED_FEATURES = '@parallax/tenant:required-features';

export interface RequiredFeatures {
  readonly names: readonly string[];
  readonly enough: 'all' | 'one';
}
