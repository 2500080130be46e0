import assert from 'node:assert/strict';

const names = ({ body }) => body.map(({ name }) => name);

/** A tenant reads what it wrote, and the other does not. Answers with the id of what was written. */
export async function assertFirstIsolatedAnswer(app, { acme, globex }) {
  const created = await app.call('/projects', { credential: acme, body: { name: 'Apollo' } });
  assert.equal(created.status, 201, JSON.stringify(created.body));
  assert.deepEqual(names(await app.call('/projects', { credential: acme })), ['Apollo']);
  assert.deepEqual(names(await app.call('/projects', { credential: globex })), []);
  return created.body.id;
}

/** What every example holds: nobody gets at another tenant's row, and the plan decides. */
export async function assertIsolation(app, { acme, globex }, id) {
  assert.equal((await app.call(`/projects/${id}`, { credential: acme })).status, 200);
  assert.equal((await app.call(`/projects/${id}`, { credential: globex })).status, 404);
  assert.equal((await app.call('/projects', { credential: acme, tenant: 'acme' })).status, 200);
  assert.equal((await app.call('/projects', { credential: acme, tenant: 'globex' })).status, 404);
  for (const credential of [undefined, 'nobody']) {
    assert.equal((await app.call('/projects', { credential })).status, 401);
  }
}

/** Call it when Acme has one project and Globex none. */
export async function assertPlans(app, { acme, globex }) {
  const refused = await app.call('/projects/export', { credential: acme });
  assert.equal(refused.status, 403);
  assert.equal(refused.body.code, 'FEATURE_NOT_ENTITLED');
  assert.match(JSON.stringify(refused.body), /"team"/, 'the refusal names the plan that has it');
  assert.equal((await app.call('/projects/export', { credential: globex })).status, 200);

  const create = (credential) => app.call('/projects', { credential, body: { name: 'One more' } });
  const acmes = [(await create(acme)).status, await create(acme)];
  assert.equal(acmes[0], 201, 'the second of two');
  assert.equal(acmes[1].status, 403, 'the third of two');
  assert.equal(acmes[1].body.code, 'LIMIT_REACHED');
  for (let count = 1; count <= 3; count++) assert.equal((await create(globex)).status, 201);
}
