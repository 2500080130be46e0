import type { Driver, ObjectLiteral } from 'typeorm';
import { tryGetTenantContext } from '../../context/tenant-scope.js';
import { StatementRefusedError, TenantScopeMissingError } from '../../errors/isolation.errors.js';

const NAME = '__tenant';

/** Stands for the tenant in rendered SQL. Only the name is rendered: who the tenant is shows at execution. */
export const TENANT_PLACEHOLDER = `:${NAME}`;

/** Binds the parameters of a query about to run to the scope it runs in. Wins over a value set by hand. */
export function bindToScope(parameters: ObjectLiteral): ObjectLiteral {
  parameters[NAME] = tryGetTenantContext()?.tenantId;
  return parameters;
}

/**
 * Makes this driver instance refuse any query whose parameters were not bound to the scope. All query builders
 * come past here last, so a stock builder made with `new SelectQueryBuilder(dataSource)` is caught, too.
 */
export function refuseUnboundQueries(driver: Driver): void {
  const escape = driver.escapeQueryWithParameters.bind(driver);
  driver.escapeQueryWithParameters = (sql, parameters) => {
    assertBoundToScope(sql, parameters);
    return escape(sql, parameters);
  };
}

function assertBoundToScope(sql: string, parameters: ObjectLiteral): void {
  const tenantId = tryGetTenantContext()?.tenantId;
  if (!Object.hasOwn(parameters, NAME) || parameters[NAME] !== tenantId) {
    throw new StatementRefusedError(
      'the query builder was not made by the TenantDataSource. Use createQueryBuilder() of the data source, a ' +
        'manager or a repository.',
    );
  }
  if (tenantId === undefined && sql.includes(TENANT_PLACEHOLDER)) {
    throw new TenantScopeMissingError('Tenant data was queried');
  }
}
