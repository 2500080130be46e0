import type { NoLeakReport } from '@parallax/tenant/testing';
import { ADAPTERS, TestBackend } from '../support/backend.js';
import { findBackendLeaks } from '../support/backend-leaks.js';

describe.each(ADAPTERS)('two tenants set against each other on the reference backend, on %s', (adapter) => {
  let backend: TestBackend;
  let report: NoLeakReport;

  beforeAll(async () => {
    backend = await TestBackend.start({ adapter });
    report = await findBackendLeaks(backend);
  });
  afterAll(() => backend.stop());

  it('tell each other nothing', () => {
    expect(report.findings).toEqual([]);
  });

  it('are each given their own by every route that is a tenant’s', () => {
    const left = report.unproved.filter(({ route }) => !/^\w+ \/admin\//.test(route));
    expect(left).toEqual([]);
    expect(report.proved.length).toBeGreaterThan(12);
  });

  it('are let into no route of operators', () => {
    const operators = report.unproved.filter(({ route }) => /^\w+ \/admin\//.test(route));
    expect(operators.length).toBeGreaterThan(8);
    for (const { reason } of operators) expect(reason).toMatch(/^Its owner was answered 403/);
  });

  it('leave out no route of the running router', () => {
    const seen = [...report.proved, ...report.unproved.map(({ route }) => route)];
    const looked = new Set([...seen, ...report.excluded.map(({ route }) => route)]);
    const routes = backend.routes.filter(({ method }) => !['HEAD', 'OPTIONS'].includes(method));
    expect(routes.length).toBeGreaterThan(15);
    expect(routes.map(({ method, path }) => `${method} ${path}`).filter((name) => !looked.has(name))).toEqual(
      [],
    );
  });
});
