import type { Driver, TableColumn } from 'typeorm';

/** How TypeORM reads back the default that row-level security gives to `tenant_id`. */
const SCOPE_SETTING = /^\(?current_setting\('app\.tenant_id'\)\)?$/;

/**
 * Makes this driver instance see no difference in a default that entities do not declare and migrations set, so
 * that generated migrations do not drop it.
 */
export function keepTenantDefaults(driver: Driver): void {
  const findChanged = driver.findChangedColumns.bind(driver);
  driver.findChangedColumns = (stored, declared) => findChanged(stored.map(withoutTenantDefault), declared);
}

function withoutTenantDefault(column: TableColumn): TableColumn {
  if (typeof column.default !== 'string' || !SCOPE_SETTING.test(column.default)) return column;
  return Object.assign(column.clone(), { default: undefined });
}
