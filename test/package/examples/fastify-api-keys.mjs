import assert from 'node:assert/strict';

export const beforeSeed = [];

/** Who acts for Acme on plan "free", and for Globex on plan "team". */
export const credentials = (_app, { ACME_KEY, GLOBEX_KEY }) => ({ acme: ACME_KEY, globex: GLOBEX_KEY });

/** What this example shows that the other does not. */
export async function assertMore(app, { acme }) {
  const altered = `${acme.slice(0, -1)}${acme.endsWith('A') ? 'Q' : 'A'}`;
  assert.equal((await app.call('/projects', { credential: altered })).status, 401);
}
