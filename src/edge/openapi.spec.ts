import type { OpenAPIObject } from '@nestjs/swagger';
import { ADAPTERS, startEdgeApp, type EdgeApp } from '../../test/support/edge-app.js';

describe.each(ADAPTERS)('the documentation on %s', (adapter) => {
  let edge: EdgeApp;

  beforeAll(async () => {
    edge = await startEdgeApp(adapter);
  });

  afterAll(() => edge.close());

  it('describes every route, its credential and its errors', async () => {
    const response = await fetch(`${edge.url}/openapi.json`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    const document = (await response.json()) as OpenAPIObject;
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/things', '/things/{id}', '/health/ready']),
    );
    expect(document.components?.securitySchemes).toMatchObject({
      bearer: { type: 'http', scheme: 'bearer' },
    });
    expect(document.components?.schemas).toHaveProperty('ProblemDto');
    for (const path of Object.values(document.paths)) {
      for (const operation of Object.values(path) as { responses: object }[]) {
        expect(operation.responses).toMatchObject({
          default: { content: { 'application/problem+json': {} } },
        });
      }
    }
  });

  it('has pages that show it', async () => {
    const page = await fetch(`${edge.url}/docs`);
    expect([page.status, page.headers.get('content-type')]).toEqual([
      200,
      expect.stringContaining('text/html'),
    ]);
    const assets = [...(await page.text()).matchAll(/(?:src|href)="(\.\/docs\/[^"]+)"/g)].map(
      ([, path]) => path!,
    );
    expect(assets.length).toBeGreaterThan(2);
    for (const path of assets)
      expect([path, (await fetch(new URL(path, edge.url))).status]).toEqual([path, 200]);
  });

  it('answers what it has not with a problem', async () => {
    const response = await fetch(`${edge.url}/docs/nothing.js`);
    expect([response.status, await response.json()]).toMatchObject([404, { code: 'NOT_FOUND' }]);
  });
});
