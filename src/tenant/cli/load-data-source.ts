import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { TenantSchemaDataSource } from '../isolation/orm/tenant-schema-data-source.js';
import { UsageError } from './command.js';

/** The option by which a command is told where the entities are. */
export const DATA_SOURCE_OPTION = { 'data-source': { type: 'string', short: 'd' } } as const;

/**
 * The TenantSchemaDataSource a compiled module exports, as `typeorm migration:generate -d` takes it. Not initialized.
 *
 * @param path a compiled file, relative to the working directory
 * @throws UsageError when there is no such file, or it exports none
 */
export async function loadDataSource(path: unknown): Promise<TenantSchemaDataSource> {
  if (typeof path !== 'string' || path === '') {
    throw new UsageError('Say where the entities are: --data-source dist/schema-data-source.js.');
  }
  const loaded = await load(path);
  const [dataSource, another] = Object.values(loaded).filter(
    (value) => value instanceof TenantSchemaDataSource,
  );
  if (dataSource === undefined || another !== undefined) {
    throw new UsageError(
      `${path} must export one TenantSchemaDataSource: export default new TenantSchemaDataSource({ … }).`,
    );
  }
  return dataSource;
}

async function load(path: string): Promise<Record<string, unknown>> {
  const file = pathToFileURL(resolve(path)).href;
  try {
    return (await import(file)) as Record<string, unknown>;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const missing = code === 'ERR_MODULE_NOT_FOUND' && message.includes(resolve(path));
    throw new UsageError(missing ? `There is no file ${path}.` : `${path} could not be loaded: ${message}`);
  }
}
