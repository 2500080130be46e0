import type { FixtureAnswer } from '../../support/fixture-app.js';

export const UNKNOWN_ID = 'ffffffff-0000-4000-8000-000000000000';

/** What is said of a tenant unknown, foreign or deleted, to the byte. */
export const NOT_FOUND: readonly [number, string] = [
  404,
  '{"type":"about:blank","title":"Tenant not found","status":404,' +
    '"detail":"There is no such tenant.","code":"TENANT_NOT_FOUND"}',
];

/** What is said of a source that holds no tenant's id or slug: nothing of what it held. */
export const invalid = (source: string): readonly [number, string] => [
  400,
  JSON.stringify({
    type: 'about:blank',
    title: 'Invalid tenant reference',
    status: 400,
    detail: `The tenant given by ${source} is not one well-formed tenant id or slug.`,
    code: 'TENANT_INVALID',
  }),
];

export const said = ({ status, text }: FixtureAnswer): readonly [number, string] => [status, text];
