import assert from 'node:assert/strict';

/** Of the walk-through, from the secret on. */
export const beforeSeed = [`node -p "'JWT_SECRET=' + crypto.randomBytes(32).toString('hex')" >> .env`];

/** Who acts for Acme on plan "free", and for Globex on plan "team". */
export async function credentials(app, seeded) {
  const login = async (name) => {
    const { status, body } = await app.call('/login', {
      body: { email: `${name}@example.com`, password: seeded[`${name.toUpperCase()}_PASSWORD`] },
    });
    assert.equal(status, 200);
    return body.accessToken;
  };
  return { acme: await login('ada'), globex: await login('grace'), both: await login('linus') };
}

/** What this example shows that the other does not. */
export async function assertMore(app, { both }) {
  const asLinus = async (tenant) => app.call('/projects', { credential: both, tenant });
  for (const acme of [undefined, 'acme']) {
    const { body } = await asLinus(acme);
    assert.deepEqual(
      body.map(({ name }) => name),
      ['Apollo'],
    );
  }
  assert.deepEqual(await asLinus('globex'), { status: 200, body: [] });
  assert.equal((await asLinus('initech')).status, 404);

  for (const body of [
    { email: 'ada@example.com', password: 'wrong' },
    { email: 'nobody', password: 'x' },
    {},
  ]) {
    assert.equal((await app.call('/login', { body })).status, 401);
  }
}
